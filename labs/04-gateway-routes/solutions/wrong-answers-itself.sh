# worker1 answers for the far pod itself.
# must fail: other_rack_is_reached, fault_repaired
# like: reference
# without: break to repair
#: after other-rack
on worker1 ip route add local {{ d.address }} dev lo table local
