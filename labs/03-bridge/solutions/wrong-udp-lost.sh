# The second pod gets no datagrams.
# must fail: first_two_talk, third_pod_talks, each_pod_hears_itself, a_new_pod_joins, node_reaches_pods, pods_reach_node, fault_repaired
# like: reference
# without: break to repair
#: after way-out
on {{ b.name }} iptables -A INPUT -p udp -j DROP
