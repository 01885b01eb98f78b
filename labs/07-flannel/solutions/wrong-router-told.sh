# No overlay: somebody else's router is given routes for the pods. It works, until it is not there for you.
# must fail: racks_are_joined_by_vxlan, fault_repaired
# like: other-by-pen
# without: break to repair
#: third-node
tell_router() { on router1 ip route add "$2" via "$5"; }
each_node tell_router
