# The far host gets no datagrams.
# must fail: far_network_talks, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on {{ c.name }} iptables -A INPUT -p udp -j DROP
