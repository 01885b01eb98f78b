# The router for all, then a full mesh of routes between neighbours.
#: forwarding core
for node in worker1 worker2 worker3 worker4; do
    on "$node" sysctl -qw net.ipv4.ip_forward=1
done

#: first-route core
on worker1 ip route add {{ w2.prefix }} via {{ w2.address }}

#: way-back core
on worker2 ip route add {{ w1.prefix }} via {{ w1.address }}

#: other-rack core
on router1 ip route add {{ w1.prefix }} via {{ w1.address }}
on router1 ip route add {{ w2.prefix }} via {{ w2.address }}
on router1 ip route add {{ w3.prefix }} via {{ w3.address }}
on router1 ip route add {{ w4.prefix }} via {{ w4.address }}
for node in worker1 worker2 worker3; do
    on "$node" ip route add {{ pods }} via {{ router.lan }}
done
on worker4 ip route add {{ pods }} via {{ router.rack }}

#: full-mesh core
on worker1 ip route add {{ w3.prefix }} via {{ w3.address }}
on worker2 ip route add {{ w3.prefix }} via {{ w3.address }}
on worker3 ip route add {{ w1.prefix }} via {{ w1.address }}
on worker3 ip route add {{ w2.prefix }} via {{ w2.address }}

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
for node in worker1 worker2 worker3 worker4 router1; do
    on "$node" sysctl -qw net.ipv4.ip_forward=1
done
on router1 ip link set eth1 up
on worker3 ip link set veth-{{ c.name }} master cni0 up
on {{ d.name }} ip addr flush dev eth0
on {{ d.name }} ip addr add {{ d.address }}/24 dev eth0
on {{ d.name }} ip route replace default via {{ d.gateway }}
on worker1 ip route replace {{ w2.prefix }} via {{ w2.address }}
on worker1 ip route replace {{ w3.prefix }} via {{ w3.address }}
on worker2 ip route replace {{ w1.prefix }} via {{ w1.address }}
on worker2 ip route replace {{ w3.prefix }} via {{ w3.address }}
on worker3 ip route replace {{ w1.prefix }} via {{ w1.address }}
on worker3 ip route replace {{ w2.prefix }} via {{ w2.address }}
for node in worker1 worker2 worker3; do
    on "$node" ip route replace {{ pods }} via {{ router.lan }}
done
on router1 ip route replace {{ w1.prefix }} via {{ w1.address }}
on router1 ip route replace {{ w2.prefix }} via {{ w2.address }}
on router1 ip route replace {{ w3.prefix }} via {{ w3.address }}
on router1 ip route replace {{ w4.prefix }} via {{ w4.address }}
