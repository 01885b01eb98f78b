# cause: missing-route
# where: router1
# shows: {{ w4.pod }} reaches the pods of worker1 and worker2, not {{ w3.pod }}; router1 says Destination Net Unreachable.
on router1 ip route flush to match {{ w3.prefix }}
