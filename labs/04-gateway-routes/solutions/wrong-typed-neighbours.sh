# worker1 and its pod have each other typed in for ever; ARP is off there, so the next pod is not found.
# must fail: next_pods_are_served, fault_repaired
# like: reference
# without: break to repair
#: after full-mesh
on worker1 ip link set cni0 arp off
on worker1 ip neigh replace {{ a.address }} lladdr "$(on {{ a.name }} cat /sys/class/net/eth0/address)" dev cni0 nud permanent
on {{ a.name }} ip neigh replace {{ a.gateway }} lladdr "$(on worker1 cat /sys/class/net/cni0/address)" dev eth0 nud permanent
