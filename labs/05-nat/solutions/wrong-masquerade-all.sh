# One rule for everything that leaves: the way out works, but pods on other nodes see a node instead of the pod.
# must fail: pods_keep_their_names, fault_repaired
#: build core
on worker1 iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
on worker2 iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
on worker1 iptables -t nat -A PREROUTING -d {{ w1.address }}/32 -p tcp --dport {{ port }} -j DNAT --to-destination {{ w1.pod_address }}:80
