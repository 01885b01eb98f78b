# Large segments of connections get lost at the far pod, large pings don't.
# must fail: other_rack_is_reached, fault_repaired
# like: reference
# without: break to repair
#: after full-mesh
on {{ d.name }} iptables -A INPUT -p tcp -m length --length 900:65535 -j DROP
