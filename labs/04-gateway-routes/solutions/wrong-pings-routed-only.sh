# router1 forwards pings only.
# must fail: other_rack_is_reached, fault_repaired
# like: reference
# without: break to repair
#: after other-rack
on router1 iptables -A FORWARD ! -p icmp -j DROP
