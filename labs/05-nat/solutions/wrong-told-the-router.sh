# Routes on somebody else's router instead of NAT: answers come back, but outside sees pod addresses.
# must fail: outside_sees_the_node, fault_repaired
#: build core
on router1 ip route add {{ w1.prefix }} via {{ w1.address }}
on router1 ip route add {{ w2.prefix }} via {{ w2.address }}
on worker1 iptables -t nat -A PREROUTING -d {{ w1.address }}/32 -p tcp --dport {{ port }} -j DNAT --to-destination {{ w1.pod_address }}:80
