# Only pings are wrapped: TCP and UDP go bare to router1, which was given the blocks' routes.
# must fail: router_sees_nodes_only, fault_repaired
# like: reference
# without: break to repair
#: after cross-subnet
on {{ r1.name }} ip route add {{ m1.block }} via {{ m1.address }}
on {{ r1.name }} ip route add {{ w1.block }} via {{ w1.address }}
on {{ r1.name }} ip route add {{ m2.block }} via {{ m2.address }}
on {{ r1.name }} ip route add {{ w2.block }} via {{ w2.address }}
# send_bare NODE POD'S-LINK ROUTER BLOCK BLOCK
send_bare() {
    for protocol in tcp udp; do
        on "$1" ip rule add iif "$2" ipproto "$protocol" lookup 100
    done
    on "$1" ip route add "$4" via "$3" table 100
    on "$1" ip route add "$5" via "$3" table 100
}
send_bare {{ m1.name }} {{ b.name | cali }} {{ r1.near }} {{ m2.block }} {{ w2.block }}
send_bare {{ w1.name }} {{ a.name | cali }} {{ r1.near }} {{ m2.block }} {{ w2.block }}
send_bare {{ w2.name }} {{ c.name | cali }} {{ r1.far }} {{ m1.block }} {{ w1.block }}
