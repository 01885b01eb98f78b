# Large segments of connections get lost at the far host, large pings don't.
# must fail: far_network_talks, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on {{ c.name }} iptables -A INPUT -p tcp -m length --length 900:65535 -j DROP
