# A pod gets no datagrams.
# must fail: first_two_talk, mesh_is_complete, other_rack_is_reached, fault_repaired
# like: reference
# without: break to repair
#: after other-rack
on {{ b.name }} iptables -A INPUT -p udp -j DROP
