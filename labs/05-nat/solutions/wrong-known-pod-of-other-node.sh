# On worker2 only the pod that is there today is translated; on worker1 all are.
# must fail: next_pods_get_out, fault_repaired
# like: reference
# without: break to repair
#: other-node
on worker2 iptables -t nat -A POSTROUTING -s {{ b.address }} ! -d {{ pods }} -j MASQUERADE
