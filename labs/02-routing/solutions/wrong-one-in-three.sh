# Every third packet for the far host gets lost.
# must fail: far_network_talks, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on {{ c.name }} iptables -A INPUT -m statistic --mode nth --every 3 --packet 0 -j DROP
