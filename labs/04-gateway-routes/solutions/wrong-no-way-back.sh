# Only worker1 got routes: its pods' questions arrive everywhere, no answer comes back.
# must fail: first_two_talk, mesh_is_complete, other_rack_is_reached, neighbours_need_no_router, fault_repaired
# like: reference
# without: way-back, break to repair
#: full-mesh
on worker1 ip route add {{ w3.prefix }} via {{ w3.address }}

#: other-rack
on worker1 ip route add {{ w4.prefix }} via {{ router.lan }}
on router1 ip route add {{ w4.prefix }} via {{ w4.address }}
