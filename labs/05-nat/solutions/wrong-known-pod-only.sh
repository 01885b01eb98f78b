# Only the pod that is there today is translated: the next one gets no answers from outside.
# must fail: next_pods_get_out, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on worker1 iptables -t nat -F POSTROUTING
on worker1 iptables -t nat -A POSTROUTING -s {{ a.address }} ! -d {{ pods }} -j MASQUERADE
