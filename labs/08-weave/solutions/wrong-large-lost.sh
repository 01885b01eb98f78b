# Large segments of connections get lost at a pod, large pings don't.
# must fail: pods_talk, your_function_decides, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after learn
on {{ b.name }} iptables -A INPUT -p tcp -m length --length 900:65535 -j DROP
