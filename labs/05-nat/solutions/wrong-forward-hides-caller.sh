# The port forward works, but it also masquerades: the pod does not learn who is calling.
# must fail: port_forward_arrives, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on worker1 iptables -t nat -A POSTROUTING -d {{ a.address }}/32 -p tcp --dport 80 -j MASQUERADE
