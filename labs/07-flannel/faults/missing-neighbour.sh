# cause: missing-neighbour
# where: worker3:flannel.1 | worker3
# report: "{{ a.name }} waits for {{ c.name }} for ever. Other pods get their answers from both."
# shows: {{ a.name }}'s requests reach {{ c.name }}; worker3 asks by ARP for the answers' next hop, and nobody can hear it.
on worker3 ip neigh flush to {{ w1.prefix | host(0) }} dev flannel.1 nud permanent
