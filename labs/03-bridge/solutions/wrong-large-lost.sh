# Large segments of connections get lost at the third pod, large pings don't.
# must fail: third_pod_talks, a_new_pod_joins, each_pod_hears_itself, node_reaches_pods, pods_reach_node, fault_repaired
# like: reference
# without: break to repair
#: after way-out
on {{ c.name }} iptables -A INPUT -p tcp -m length --length 900:65535 -j DROP
