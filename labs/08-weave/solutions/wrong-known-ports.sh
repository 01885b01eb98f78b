# A pod takes calls to well-known ports only.
# must fail: pods_talk, your_function_decides, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after learn
on {{ b.name }} iptables -A INPUT -p tcp --syn -m multiport ! --dports 22,80,443,7000,8080 -j DROP
