# A pod answers pings only: what is neither asked nor answered by ICMP is dropped.
# must fail: everybody_talks, pods_get_out, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on {{ b.name }} iptables -A INPUT ! -p icmp -j DROP
