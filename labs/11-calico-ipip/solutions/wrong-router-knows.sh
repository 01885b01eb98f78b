# Nothing is wrapped: router1 was given the blocks' routes.
# must fail: blocks_lead_into_the_tunnel, router_sees_nodes_only, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: wrap, cross-subnet to repair
#: after room
on {{ r1.name }} ip route add {{ m1.block }} via {{ m1.address }}
on {{ r1.name }} ip route add {{ w1.block }} via {{ w1.address }}
on {{ r1.name }} ip route add {{ m2.block }} via {{ m2.address }}
on {{ r1.name }} ip route add {{ w2.block }} via {{ w2.address }}
