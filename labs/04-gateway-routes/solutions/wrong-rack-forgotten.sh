# The mesh of three is right; nobody told the router anything.
# must fail: other_rack_is_reached, fault_repaired
# like: reference
# without: break to repair
#: other-rack
on worker4 ip route add default via {{ router.rack }}
