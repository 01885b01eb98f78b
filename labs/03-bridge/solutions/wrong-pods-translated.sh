# The node hides pods behind each other's backs: it sees them all as its own gateway.
# must fail: pods_reach_node, fault_repaired
# like: reference
# without: break to repair
#: after way-out
on {{ a.name }} iptables -t nat -A POSTROUTING -d {{ node_address }} -p udp -j SNAT --to-source {{ prefix | host(99) }}
on {{ a.name }} ip addr add {{ prefix | host(99) }}/32 dev lo
