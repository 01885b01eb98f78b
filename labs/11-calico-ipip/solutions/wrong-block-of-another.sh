# worker02's tunnel has an address out of master02's block.
# must fail: tunnels_are_up, fault_repaired
# like: reference
# without: break to repair
#: after tunnels
on {{ w2.name }} ip addr flush dev tunl0
on {{ w2.name }} ip addr add {{ m2.block | host(9) }}/32 dev tunl0
