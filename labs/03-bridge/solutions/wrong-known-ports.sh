# The second pod takes calls to well-known ports only.
# must fail: first_two_talk, third_pod_talks, each_pod_hears_itself, a_new_pod_joins, node_reaches_pods, fault_repaired
# like: reference
# without: break to repair
#: after way-out
on {{ b.name }} iptables -A INPUT -p tcp --syn -m multiport ! --dports 22,80,443,7000,8080 -j DROP
