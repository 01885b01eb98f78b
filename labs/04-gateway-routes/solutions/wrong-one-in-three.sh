# Every third packet for a pod gets lost; UDP, of which traceroute is made, does not.
# must fail: first_two_talk, mesh_is_complete, other_rack_is_reached, fault_repaired
# like: reference
# without: break to repair
#: after other-rack
on {{ b.name }} iptables -A INPUT ! -p udp -m statistic --mode nth --every 3 --packet 0 -j DROP
