# Another tunnel: the blocks of the other subnet lead into a VXLAN.
# must fail: blocks_lead_into_the_tunnel, router_sees_nodes_only, full_size_fits, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: wrap, cross-subnet to repair
# vxlan NODE OWN: the link, with its address
vxlan() {
    on "$1" ip link add vxlan.calico type vxlan id 4096 dstport 4789 local "$2" dev eth0 nolearning
    on "$1" ip link set vxlan.calico mtu 1450 up
}
# peer NODE ADDRESS BLOCK OTHER: one node more
peer() {
    local mac
    mac=$(on "$4" cat /sys/class/net/vxlan.calico/address)
    on "$1" ip route add "$3" via "$2" dev vxlan.calico onlink
    on "$1" ip neigh add "$2" lladdr "$mac" dev vxlan.calico
    on "$1" bridge fdb add "$mac" dev vxlan.calico dst "$2" self permanent
}
#: after room
for node in $nodes; do
    write_filter "$node" 'if source = RTS_BGP && ! (bgp_next_hop ~ OWN_SUBNET) then reject;'
    on "$node" bash /root/wait-for routes 2
done
vxlan {{ m1.name }} {{ m1.address }}
vxlan {{ w1.name }} {{ w1.address }}
vxlan {{ m2.name }} {{ m2.address }}
vxlan {{ w2.name }} {{ w2.address }}
peer {{ m1.name }} {{ m2.address }} {{ m2.block }} {{ m2.name }}
peer {{ m1.name }} {{ w2.address }} {{ w2.block }} {{ w2.name }}
peer {{ w1.name }} {{ m2.address }} {{ m2.block }} {{ m2.name }}
peer {{ w1.name }} {{ w2.address }} {{ w2.block }} {{ w2.name }}
peer {{ m2.name }} {{ m1.address }} {{ m1.block }} {{ m1.name }}
peer {{ m2.name }} {{ w1.address }} {{ w1.block }} {{ w1.name }}
peer {{ w2.name }} {{ m1.address }} {{ m1.block }} {{ m1.name }}
peer {{ w2.name }} {{ w1.address }} {{ w1.block }} {{ w1.name }}
