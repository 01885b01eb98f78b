# worker3 puts its own address on connections, not on pings.
# must fail: other_rack_is_reached, fault_repaired
# like: reference
# without: break to repair
#: after other-rack
on worker3 iptables -t nat -A POSTROUTING -p tcp -s {{ c.address }} -j MASQUERADE
