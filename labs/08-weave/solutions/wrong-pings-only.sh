# A pod answers pings only: what is neither asked nor answered by ICMP is dropped.
# must fail: pods_talk, your_function_decides, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after learn
on {{ b.name }} iptables -A INPUT ! -p icmp -j DROP
