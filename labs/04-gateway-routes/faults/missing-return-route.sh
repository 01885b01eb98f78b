# cause: missing-return-route
# where: worker2
# shows: {{ w1.pod }}'s requests arrive at {{ w2.pod }}; its answers never come back.
# every route that covers the prefix, a default route too
on worker2 ip route flush to match {{ w1.prefix }}
