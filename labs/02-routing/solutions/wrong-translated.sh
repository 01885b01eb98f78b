# Everything is routed, but router1 hides the first network behind its own address.
# must fail: source_is_kept, fault_repaired
# like: reference
# without: break to repair
#: after straight
on router1 iptables -t nat -A POSTROUTING -o eth1 -s {{ lan1 }} -j MASQUERADE
