# Every third packet is lost.
# must fail: pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after join
on {{ w2.name }} iptables -A FORWARD -m statistic --mode nth --every 3 --packet 0 -j DROP
