# The mesh of three is right; nobody told the router anything.
# must fail: other_rack_is_reached, nobody_translates, fault_repaired
#: build core
for node in worker1 worker2 worker3 worker4; do
    on "$node" sysctl -qw net.ipv4.ip_forward=1
done
on worker1 ip route add {{ w2.prefix }} via {{ w2.address }}
on worker1 ip route add {{ w3.prefix }} via {{ w3.address }}
on worker2 ip route add {{ w1.prefix }} via {{ w1.address }}
on worker2 ip route add {{ w3.prefix }} via {{ w3.address }}
on worker3 ip route add {{ w1.prefix }} via {{ w1.address }}
on worker3 ip route add {{ w2.prefix }} via {{ w2.address }}
on worker4 ip route add default via {{ router.rack }}
