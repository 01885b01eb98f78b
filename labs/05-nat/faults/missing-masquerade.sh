# cause: missing-masquerade
# where: worker2
# report: "{{ b.name }} gets no updates any more: the server outside never answers it."
# shows: {{ b.name }} gets no answer from outside; its requests arrive there under its own address.
keep_filters worker2
on worker2 nft flush ruleset
on worker2 iptables-legacy -t nat -F 2>/dev/null || true
