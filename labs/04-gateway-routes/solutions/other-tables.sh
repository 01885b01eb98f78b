# Routes to pods in a table of their own, chosen by a rule; next hops are objects, and one prefix stands for many.
# like: reference
choose() { # NODE: packets to pods look into table 100
    on "$1" sysctl -qw net.ipv4.ip_forward=1
    on "$1" ip rule add to {{ pods }} lookup 100 priority 1000
    on "$1" ip nexthop add id 9 via "$2" dev eth0
    on "$1" ip route add {{ pods }} nhid 9 table 100
}
know() { # NODE OWN-PREFIX
    on "$1" ip route add "$2" dev cni0 table 100
    while read -r number node prefix address; do
        [ "$node" != "$1" ] || continue
        on "$1" ip nexthop add id "$number" via "$address" dev eth0
        on "$1" ip route add "$prefix" nhid "$number" table 100
    done <<'NODES'
1 worker1 {{ w1.prefix }} {{ w1.address }}
2 worker2 {{ w2.prefix }} {{ w2.address }}
3 worker3 {{ w3.prefix }} {{ w3.address }}
NODES
}
build() {
    for node in worker1 worker2 worker3; do
        choose "$node" {{ router.lan }}
    done
    choose worker4 {{ router.rack }}
    know worker1 {{ w1.prefix }}
    know worker2 {{ w2.prefix }}
    know worker3 {{ w3.prefix }}
    on worker4 ip route add {{ w4.prefix }} dev cni0 table 100
}
#: forwarding to full-mesh
build
on router1 ip route add {{ w1.prefix }} via {{ w1.address }}
on router1 ip route add {{ w2.prefix }} via {{ w2.address }}
on router1 ip route add {{ w3.prefix }} via {{ w3.address }}
on router1 ip route add {{ w4.prefix }} via {{ w4.address }}

#: repair
on router1 ip link set eth1 up
on router1 ip route replace {{ w3.prefix }} via {{ w3.address }}
on router1 ip route replace {{ w4.prefix }} via {{ w4.address }}
on worker3 ip link set veth-{{ c.name }} master cni0 up
on {{ d.name }} ip addr flush dev eth0
on {{ d.name }} ip addr add {{ d.address }}/24 dev eth0
on {{ d.name }} ip route replace default via {{ d.gateway }}
for node in worker1 worker2 worker3 worker4; do
    on "$node" ip rule del priority 1000
    on "$node" ip nexthop flush # and the routes that use them
    on "$node" ip route flush table 100
done
build
