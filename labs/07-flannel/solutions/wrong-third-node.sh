# worker1 and worker3 are joined, nobody has thought of worker2.
# must fail: everybody_talks, racks_are_joined_by_vxlan, full_size_fits, fault_repaired
# like: other-by-pen
# without: break to repair
#: before deploy
on worker2 ip link del flannel.1
