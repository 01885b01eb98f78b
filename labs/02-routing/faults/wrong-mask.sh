# cause: wrong-mask
# where: router2 | router2:eth1
# shows: {{ c.name }}'s requests arrive, but router2 has no route for the answers: it takes only four addresses for its neighbours.
on router2 ip addr add {{ c.gateway }}/30 dev eth1
on router2 ip addr del {{ c.gateway }}/24 dev eth1
