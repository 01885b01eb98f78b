# The second host answers pings only: what is neither asked nor answered by ICMP is dropped.
# must fail: first_two_talk, third_host_talks, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on {{ b.name }} iptables -A INPUT ! -p icmp -j DROP
