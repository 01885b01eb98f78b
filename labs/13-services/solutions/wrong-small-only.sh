# What is small gets to the pods, what is large gets lost.
# must fail: client_is_served, every_node_serves, pods_reach_themselves, outside_is_served, fault_repaired
# like: reference
# without: break to repair
#: after node-port
on worker2 iptables -I FORWARD 1 -p tcp --dport 8080 -m length --length 600: -j DROP
