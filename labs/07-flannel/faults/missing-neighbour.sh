# cause: missing-neighbour
# where: worker3:flannel.1 | worker3
# shows: {{ w1.pod }}'s requests reach {{ w3.pod }}; worker3 asks by ARP for the answers' next hop, and nobody can hear it.
on worker3 ip neigh flush to {{ w1.prefix | host(0) }} dev flannel.1 nud permanent
