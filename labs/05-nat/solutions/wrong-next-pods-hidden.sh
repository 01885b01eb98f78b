# Between pods nothing is translated only where the caller is worker2's pod of today: its next pod is hidden from other pods.
# must fail: next_pods_get_out, fault_repaired
# like: reference
# without: break to repair
#: other-node
on worker2 iptables -t nat -A POSTROUTING -s {{ b.address }} -d {{ pods }} -j RETURN
on worker2 iptables -t nat -A POSTROUTING -s {{ w2.prefix }} -o eth0 -j MASQUERADE
