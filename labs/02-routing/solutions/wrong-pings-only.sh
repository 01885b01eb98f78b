# The far host answers pings only: what is neither asked nor answered by ICMP is dropped.
# must fail: far_network_talks, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on {{ c.name }} iptables -A INPUT ! -p icmp -j DROP
