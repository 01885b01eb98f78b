# worker2 gets its conf from somebody's hand; the add-on is not there.
# must fail: nodes_are_ready, fault_repaired
# like: reference
# without: addon, break to repair
#: host-network
on worker1 sed 's|{{ w1.prefix }}|{{ w2.prefix }}|' /etc/cni/net.d/10-bridge.conflist | on worker2 tee /etc/cni/net.d/10-bridge.conflist >/dev/null
on control kubectl wait node worker2 --for=condition=Ready --timeout=60s
