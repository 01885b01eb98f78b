# Every address stands alone (/32); what is on a cable is said by a route with a device.
# like: reference
# without: straight
alone() { # MACHINE LINK ADDRESS PREFIX
    on "$1" ip addr flush dev "$2"
    on "$1" ip addr add "$3/32" dev "$2"
    on "$1" ip route replace "$4" dev "$2"
}
build() {
    alone {{ a.name }} eth0 {{ a.address }} {{ lan1 }}
    alone {{ b.name }} eth0 {{ b.address }} {{ lan2 }}
    alone {{ c.name }} eth0 {{ c.address }} {{ lan3 }}
    alone router1 eth0 {{ a.gateway }} {{ lan1 }}
    alone router1 eth1 {{ b.gateway }} {{ lan2 }}
    alone router2 eth0 {{ router2.address }} {{ lan2 }}
    alone router2 eth1 {{ c.gateway }} {{ lan3 }}
    on router1 sysctl -qw net.ipv4.ip_forward=1
    on {{ a.name }} ip route replace default via {{ a.gateway }}
    on {{ b.name }} ip route replace default via {{ b.gateway }}
    on {{ b.name }} ip route replace {{ lan3 }} via {{ router2.address }}
    on {{ c.name }} ip route replace default via {{ c.gateway }}
    on router1 ip route replace {{ lan3 }} via {{ router2.address }}
    on router2 ip route replace {{ lan1 }} via {{ b.gateway }}
}
#: first-gateway to far-way-back
build

#: repair
on router1 sysctl -qw net.ipv4.conf.eth1.proxy_arp_pvlan=0
on router1 ip link set eth0 up
build
for machine in {{ a.name }} {{ b.name }} {{ c.name }} router1 router2; do
    on "$machine" ip neigh flush all
done
