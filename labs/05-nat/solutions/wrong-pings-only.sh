# The second pod answers pings only: what is neither asked nor answered by ICMP is dropped.
# must fail: pods_get_answers, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on {{ b.name }} iptables -A INPUT ! -p icmp -j DROP
