# One rule for everything that leaves: the way out works, but pods on other nodes see a node instead of the pod.
# must fail: pods_keep_their_names, fault_repaired
# like: reference
# without: break to repair
#: masquerade to other-node
on worker1 iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
on worker2 iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
