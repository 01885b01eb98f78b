# worker3's pods get addresses of a prefix that is not the node's; all routes know it.
# must fail: new_pods_are_served, fault_repaired
# like: reference
# without: break to repair
#: after wish
on worker3 sed -i 's|{{ w3.prefix }}|{{ pods | subnet(77, 24) }}|' /etc/cni/net.d/10-bridge.conflist
for node in control worker1 worker2; do
    on "$node" ip route add {{ pods | subnet(77, 24) }} via {{ w3.address }}
done
