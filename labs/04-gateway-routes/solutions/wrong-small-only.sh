# Packets of more than 900 bytes get lost at A pod.
# must fail: first_two_talk, mesh_is_complete, other_rack_is_reached, fault_repaired
# like: reference
# without: break to repair
#: after other-rack
on {{ b.name }} iptables -A INPUT -m length --length 900:65535 -j DROP
