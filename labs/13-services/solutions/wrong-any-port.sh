# Every other port of the Service's address leads to a pod as well.
# must fail: nothing_else_is_served, fault_repaired
# like: reference
# without: break to repair
#: after node-port
on worker1 iptables -t nat -A PREROUTING -d {{ service }} -p tcp ! --dport 80 -j DNAT --to-destination {{ a.address }}:8080
