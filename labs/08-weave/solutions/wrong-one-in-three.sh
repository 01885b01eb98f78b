# Every third packet for a pod gets lost.
# must fail: pods_talk, your_function_decides, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after learn
on {{ b.name }} iptables -A INPUT -m statistic --mode nth --every 3 --packet 0 -j DROP
