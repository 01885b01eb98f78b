# Packets of more than 900 bytes get lost at The far host.
# must fail: far_network_talks, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on {{ c.name }} iptables -A INPUT -m length --length 900:65535 -j DROP
