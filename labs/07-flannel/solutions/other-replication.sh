# Nobody writes neighbours: what a node does not know it floods to all others, ARP crosses the overlay, and flannel.1 learns.
# like: other-by-pen
make_device() {
    on "$1" ip link add flannel.1 address "$4" type vxlan id 1 dev eth0 local "$5" dstport 8472 learning
    on "$1" ip addr add "$3/32" dev flannel.1
    on "$1" ip link set flannel.1 mtu 1450 up
    for other in {{ w1.address }} {{ w2.address }} {{ w3.address }}; do
        [ "$other" = "$5" ] || on "$1" bridge fdb append 00:00:00:00:00:00 dev flannel.1 dst "$other"
    done
}
know_others() {
    if [ "$1" = worker3 ]; then
        on worker3 ip route replace {{ w1.prefix }} via {{ w1.prefix | host(0) }} dev flannel.1 onlink
        on worker3 ip route replace {{ w2.prefix }} via {{ w2.prefix | host(0) }} dev flannel.1 onlink
    else
        on "$1" ip route replace {{ w3.prefix }} via {{ w3.prefix | host(0) }} dev flannel.1 onlink
    fi
}
