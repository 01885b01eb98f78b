# The workers hide their pods behind their own addresses.
# must fail: web_runs, new_pods_are_served, fault_repaired
# like: reference
# without: break to repair
#: after run
on worker1 iptables -t nat -A POSTROUTING -s {{ w1.prefix }} ! -d {{ w1.prefix }} -j MASQUERADE
on worker2 iptables -t nat -A POSTROUTING -s {{ w2.prefix }} ! -d {{ w2.prefix }} -j MASQUERADE
