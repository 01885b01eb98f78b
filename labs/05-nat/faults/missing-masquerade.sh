# cause: missing-masquerade
# where: worker2
# shows: {{ w2.pod }} gets no answer from outside; its requests arrive there under its own address.
on worker2 nft flush ruleset
