# The port is taken from everybody: calls to that port of other machines end in the pod, too.
# must fail: only_that_port, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on worker1 iptables -t nat -F PREROUTING
on worker1 iptables -t nat -A PREROUTING -p tcp --dport {{ port }} -j DNAT --to-destination {{ a.address }}:80
