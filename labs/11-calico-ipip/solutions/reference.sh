# Wrapped where a router is between, bare where none is.
nodes="{{ m1.name }} {{ w1.name }} {{ m2.name }} {{ w2.name }}"

# raise_tunnel NODE ADDRESS
raise_tunnel() {
    on "$1" ip addr add "$2/32" dev tunl0
    on "$1" ip link set tunl0 up
}
# write_filter NODE LINE: what becomes a route of the kernel, and how
write_filter() {
    printf 'filter to_kernel {\n  if source = RTS_DEVICE then reject;\n  %s\n  accept;\n}\n' "$2" | on "$1" tee /etc/bird/to_kernel.conf >/dev/null
    on "$1" birdc configure >/dev/null
}
# wrap_to_others NODE: what goes to another subnet than its own
wrap_to_others() {
    write_filter "$1" 'if source = RTS_BGP && ! (bgp_next_hop ~ OWN_SUBNET) then { ifname = "tunl0"; onlink = true; gw = bgp_next_hop; }'
}
# settle NUMBER: until every kernel has every block, so many of them by tunl0
settle() {
    local node
    for node in $nodes; do
        on "$node" bash /root/wait-for routes 4
        on "$node" bash /root/wait-for wrapped "$1"
    done
}

#: tunnels core
raise_tunnel {{ m1.name }} {{ m1.block | host(0) }}
raise_tunnel {{ w1.name }} {{ w1.block | host(0) }}
raise_tunnel {{ m2.name }} {{ m2.block | host(0) }}
raise_tunnel {{ w2.name }} {{ w2.block | host(0) }}

#: wrap core
for node in $nodes; do
    write_filter "$node" 'if source = RTS_BGP then { ifname = "tunl0"; onlink = true; gw = bgp_next_hop; }'
done
settle 3

#: room core
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on "$pod" ip link set eth0 mtu 1480
done

#: cross-subnet core
for node in $nodes; do
    wrap_to_others "$node"
done
settle 2

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on {{ r1.name }} iptables -F
on {{ m1.name }} iptables -F
on {{ r1.name }} ip link set eth1 mtu 1500
on {{ a.name }} ip link set eth0 mtu 1480
on {{ m1.name }} sysctl -qw net.ipv4.ip_forward=1
on {{ w1.name }} ip route replace default via {{ w1.gateway }}
on {{ w1.name }} ip route flush root {{ w2.block }} proto boot
on {{ w1.name }} sed -i 's/export none;/export filter to_kernel;/' /etc/bird/common.conf
on {{ w2.name }} sed -i 's|^define OWN_SUBNET = .*|define OWN_SUBNET = {{ w2.subnet }};|' /etc/bird/bird.conf
on {{ w2.name }} ip link set tunl0 up
on {{ m2.name }} ip addr replace {{ m2.block | host(0) }}/32 dev tunl0
for node in $nodes; do
    [ "$node" != {{ fault.where }} ] || on "$node" daemon restart bird
done
settle 2
