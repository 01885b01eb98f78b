# Every third packet of TCP is lost.
# must fail: router_sees_nodes_only, pods_talk, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: break to repair
#: after cross-subnet
on {{ w2.name }} iptables -A FORWARD -p tcp -m statistic --mode nth --every 3 --packet 0 -j DROP
