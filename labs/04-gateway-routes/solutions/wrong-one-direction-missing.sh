# Five of the six routes between neighbours: {{ w3.pod }} cannot answer {{ w2.pod }} directly, nor through the router.
# must fail: mesh_is_complete, nobody_translates, neighbours_need_no_router, fault_repaired
#: build core
for node in worker1 worker2 worker3 worker4; do
    on "$node" sysctl -qw net.ipv4.ip_forward=1
done
on worker1 ip route add {{ w2.prefix }} via {{ w2.address }}
on worker1 ip route add {{ w3.prefix }} via {{ w3.address }}
on worker2 ip route add {{ w1.prefix }} via {{ w1.address }}
on worker2 ip route add {{ w3.prefix }} via {{ w3.address }}
on worker3 ip route add {{ w1.prefix }} via {{ w1.address }}
for node in worker1 worker2 worker3; do
    on "$node" ip route add {{ w4.prefix }} via {{ router.lan }}
done
on worker4 ip route add {{ pods }} via {{ router.rack }}
on router1 ip route add {{ w1.prefix }} via {{ w1.address }}
on router1 ip route add {{ w2.prefix }} via {{ w2.address }}
on router1 ip route add {{ w3.prefix }} via {{ w3.address }}
on router1 ip route add {{ w4.prefix }} via {{ w4.address }}
