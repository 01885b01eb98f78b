# router2 puts its own address on connections, not on pings.
# must fail: source_is_kept, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on router2 iptables -t nat -A POSTROUTING -p tcp -j MASQUERADE
