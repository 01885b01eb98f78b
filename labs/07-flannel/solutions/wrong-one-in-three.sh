# Every third packet for a pod gets lost.
# must fail: everybody_talks, pods_get_out, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on {{ b.name }} iptables -A INPUT -m statistic --mode nth --every 3 --packet 0 -j DROP
