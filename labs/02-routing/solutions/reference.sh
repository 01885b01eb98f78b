# As the lesson does it: default routes on the hosts, one route on each router.
#: first-gateway core
on {{ a.name }} ip route add default via {{ a.gateway }}
on router1 ip addr add {{ a.gateway }}/24 dev eth0
on router1 ip addr add {{ b.gateway }}/24 dev eth1

#: forward core
on router1 sysctl -qw net.ipv4.ip_forward=1

#: way-back core
on {{ b.name }} ip route add default via {{ b.gateway }}

#: far-network core
on router1 ip route add {{ lan3 }} via {{ router2.address }}

#: far-way-back core
on {{ c.name }} ip route add default via {{ c.gateway }}
on router2 ip route add {{ lan1 }} via {{ b.gateway }}

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on router1 sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.eth1.proxy_arp_pvlan=0
on router1 ip link set eth0 up
on router2 ip addr flush dev eth0
on router2 ip addr add {{ router2.address }}/24 brd + dev eth0
on router2 ip addr flush dev eth1
on router2 ip addr add {{ c.gateway }}/24 brd + dev eth1
on router2 ip route replace {{ lan1 }} via {{ b.gateway }}
on {{ c.name }} ip route replace default via {{ c.gateway }}
for machine in {{ a.name }} {{ b.name }} {{ c.name }} router1 router2; do
    on "$machine" ip neigh flush all
done

#: straight more
on {{ b.name }} ip route add {{ lan3 }} via {{ router2.address }}
