# worker02 answers in place of whom its pods call.
# must fail: router_sees_nodes_only, pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after cross-subnet
on {{ w2.name }} iptables -t nat -A PREROUTING -i {{ c.name | cali }} -j DNAT --to-destination {{ w2.address }}
