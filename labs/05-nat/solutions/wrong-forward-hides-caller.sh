# The port forward works, but it also masquerades: the pod does not learn who is calling.
# must fail: port_forward_arrives, fault_repaired
#: build core
on worker1 iptables -t nat -A POSTROUTING -s {{ w1.prefix }} ! -d {{ pods }} -j MASQUERADE
on worker2 iptables -t nat -A POSTROUTING -s {{ w2.prefix }} ! -d {{ pods }} -j MASQUERADE
on worker1 iptables -t nat -A PREROUTING -d {{ w1.address }}/32 -p tcp --dport {{ port }} -j DNAT --to-destination {{ w1.pod_address }}:80
on worker1 iptables -t nat -A POSTROUTING -d {{ w1.pod_address }}/32 -p tcp --dport 80 -j MASQUERADE
