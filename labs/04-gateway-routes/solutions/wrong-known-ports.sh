# A pod takes calls to well-known ports only.
# must fail: first_two_talk, mesh_is_complete, other_rack_is_reached, fault_repaired
# like: reference
# without: break to repair
#: after other-rack
on {{ b.name }} iptables -A INPUT -p tcp --syn -m multiport ! --dports 22,80,443,7000,8080 -j DROP
