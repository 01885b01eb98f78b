# Only what the far host sends is translated.
# must fail: source_is_kept, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on router2 iptables -t nat -A POSTROUTING -s {{ c.address }} -j SNAT --to-source {{ router2.address }}
