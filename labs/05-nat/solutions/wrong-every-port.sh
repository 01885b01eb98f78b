# The node's whole address is handed to the pod: the asked port works, and so do all the others.
# must fail: only_that_port, fault_repaired
# like: reference
# without: break to repair
#: port-forward
on worker1 iptables -t nat -A PREROUTING -d {{ w1.address }}/32 -p tcp -j DNAT --to-destination {{ a.address }}:80
