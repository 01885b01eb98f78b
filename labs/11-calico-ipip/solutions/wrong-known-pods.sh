# Single lines for the pods that are there; whoever comes next is lost.
# must fail: blocks_lead_into_the_tunnel, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: wrap, cross-subnet to repair
#: after room
on {{ w1.name }} ip route add {{ c.address }} via {{ w2.address }} dev tunl0 onlink
on {{ m1.name }} ip route add {{ c.address }} via {{ w2.address }} dev tunl0 onlink
on {{ w2.name }} ip route add {{ a.address }} via {{ w1.address }} dev tunl0 onlink
on {{ w2.name }} ip route add {{ b.address }} via {{ m1.address }} dev tunl0 onlink
