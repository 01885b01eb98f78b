# Only worker1 got routes: its pods' questions arrive everywhere, no answer comes back.
# must fail: first_two_talk, mesh_is_complete, other_rack_is_reached, nobody_translates, neighbours_need_no_router, fault_repaired
#: build core
for node in worker1 worker2 worker3 worker4; do
    on "$node" sysctl -qw net.ipv4.ip_forward=1
done
on worker1 ip route add {{ w2.prefix }} via {{ w2.address }}
on worker1 ip route add {{ w3.prefix }} via {{ w3.address }}
on worker1 ip route add {{ w4.prefix }} via {{ router.lan }}
on router1 ip route add {{ w4.prefix }} via {{ w4.address }}
