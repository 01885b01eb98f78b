# The node's whole address is handed to the pod: the asked port works, and so do all the others.
# must fail: only_that_port, fault_repaired
#: build core
on worker1 iptables -t nat -A POSTROUTING -s {{ w1.prefix }} ! -d {{ pods }} -j MASQUERADE
on worker2 iptables -t nat -A POSTROUTING -s {{ w2.prefix }} ! -d {{ pods }} -j MASQUERADE
on worker1 iptables -t nat -A PREROUTING -d {{ w1.address }}/32 -p tcp -j DNAT --to-destination {{ w1.pod_address }}:80
