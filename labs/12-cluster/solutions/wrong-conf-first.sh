# worker2 gets its conf from somebody's hand, so the add-on's pod starts there as an ordinary one: on the next node it would not.
# must fail: nodes_are_ready, fault_repaired
# like: reference
# without: break to repair
#: addon
on worker1 sed 's|{{ w1.prefix }}|{{ w2.prefix }}|' /etc/cni/net.d/10-bridge.conflist | on worker2 tee /etc/cni/net.d/10-bridge.conflist >/dev/null
on control kubectl apply -f /root/addon.yaml
#: host-network
wait_for_nodes
