# The hosts take the whole world for their neighbours, and the routers answer ARP for it.
# must fail: each_answers_for_itself, fault_repaired
# like: reference
# without: way-back, break to straight
#: first-gateway
on router1 ip addr add {{ a.gateway }}/24 dev eth0
on router1 ip addr add {{ b.gateway }}/24 dev eth1

#: far-way-back
on router2 ip route add {{ lan1 }} via {{ b.gateway }}
for host in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on "$host" ip route add default dev eth0
done
for router in router1 router2; do
    on "$router" sysctl -qw net.ipv4.neigh.eth0.proxy_delay=0 net.ipv4.neigh.eth1.proxy_delay=0 # up to 0.8 s without it (arp(7))
    on "$router" sysctl -qw net.ipv4.conf.all.proxy_arp=1
done
