# Missing routes are papered over with NAT on the nodes: everybody gets answers, but under a false name.
# must fail: nobody_translates, next_pods_are_served, fault_repaired
# like: reference
# without: break to repair
#: after other-rack
on worker4 ip route add {{ lan }} via {{ router.rack }}
for node in worker1 worker2 worker3; do
    on "$node" iptables -t nat -A POSTROUTING -o eth0 -s {{ pods }} -j MASQUERADE
done
