# Every third packet for the second host gets lost.
# must fail: first_two_talk, third_host_talks, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on {{ b.name }} iptables -A INPUT -m statistic --mode nth --every 3 --packet 0 -j DROP
