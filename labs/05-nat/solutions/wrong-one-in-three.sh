# Every third packet for the second pod gets lost.
# must fail: pods_get_answers, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on {{ b.name }} iptables -A INPUT -m statistic --mode nth --every 3 --packet 0 -j DROP
