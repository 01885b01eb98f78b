# cause: missing-return-route
# where: worker2
# shows: {{ w1.pod }}'s requests reach {{ w2.pod }}; the answers leave worker2 for the wrong neighbour.
on worker2 ip route flush to exact {{ w1.prefix }}
