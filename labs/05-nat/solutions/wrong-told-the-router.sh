# Routes on somebody else's router instead of NAT: answers come back, but outside sees pod addresses.
# must fail: outside_sees_the_node, fault_repaired
# like: reference
# without: break to repair
#: masquerade to other-node
on router1 ip route add {{ w1.prefix }} via {{ w1.address }}
on router1 ip route add {{ w2.prefix }} via {{ w2.address }}
