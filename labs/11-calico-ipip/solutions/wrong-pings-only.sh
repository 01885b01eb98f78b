# Only pings pass.
# must fail: router_sees_nodes_only, pods_talk, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: break to repair
#: after cross-subnet
on {{ w2.name }} iptables -A FORWARD ! -p icmp -j DROP
