# worker02's pods call, and nobody can call them.
# must fail: router_sees_nodes_only, pods_talk, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: break to repair
#: after cross-subnet
on {{ w2.name }} iptables -A FORWARD -i tunl0 -m conntrack --ctstate NEW -j DROP
