# Everything goes by the router, also between neighbours: it works, with a detour that the lesson asks to avoid.
# must fail: neighbours_need_no_router, fault_repaired
#: build core
for node in worker1 worker2 worker3; do
    on "$node" sysctl -qw net.ipv4.ip_forward=1
    on "$node" ip route add {{ pods }} via {{ router.lan }}
done
on worker4 sysctl -qw net.ipv4.ip_forward=1
on worker4 ip route add {{ pods }} via {{ router.rack }}
on router1 ip route add {{ w1.prefix }} via {{ w1.address }}
on router1 ip route add {{ w2.prefix }} via {{ w2.address }}
on router1 ip route add {{ w3.prefix }} via {{ w3.address }}
on router1 ip route add {{ w4.prefix }} via {{ w4.address }}
