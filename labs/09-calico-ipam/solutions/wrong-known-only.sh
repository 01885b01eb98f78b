# Only the pods that are there already may talk.
# must fail: new_pods_are_wired, fault_repaired
# like: reference
# without: break to repair
#: after plugin
on {{ w1.name }} iptables -A FORWARD -s {{ w1.block | host(16) }}/28 -j DROP
on {{ w1.name }} iptables -A FORWARD -d {{ w1.block | host(16) }}/28 -j DROP
