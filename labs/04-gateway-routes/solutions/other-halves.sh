# Every route stands for half of a prefix; those of the node are marked as its own (proto static).
# like: reference
halves() { # MACHINE PREFIX FIRST SECOND NEIGHBOUR
    on "$1" ip route replace "$3" via "$5" proto static
    on "$1" ip route replace "$4" via "$5" proto static
}
to() { # MACHINE NODE NEIGHBOUR
    case $2 in
    worker1) halves "$1" {{ w1.prefix }} {{ w1.prefix | subnet(0, 25) }} {{ w1.prefix | subnet(1, 25) }} "$3" ;;
    worker2) halves "$1" {{ w2.prefix }} {{ w2.prefix | subnet(0, 25) }} {{ w2.prefix | subnet(1, 25) }} "$3" ;;
    worker3) halves "$1" {{ w3.prefix }} {{ w3.prefix | subnet(0, 25) }} {{ w3.prefix | subnet(1, 25) }} "$3" ;;
    worker4) halves "$1" {{ w4.prefix }} {{ w4.prefix | subnet(0, 25) }} {{ w4.prefix | subnet(1, 25) }} "$3" ;;
    esac
}
build() {
    for machine in worker1 worker2 worker3 worker4 router1; do
        on "$machine" sysctl -qw net.ipv4.ip_forward=1
        on "$machine" ip route flush root {{ pods }} proto static
        on "$machine" ip route flush root {{ pods }} proto boot
    done
    for other in "worker1 {{ w1.address }}" "worker2 {{ w2.address }}" "worker3 {{ w3.address }}" "worker4 {{ router.lan }}"; do
        read -r node address <<<"$other"
        for machine in worker1 worker2 worker3; do
            [ "$machine" = "$node" ] || to "$machine" "$node" "$address"
        done
        [ "$node" = worker4 ] || to worker4 "$node" {{ router.rack }}
        [ "$node" = worker4 ] || to router1 "$node" "$address"
    done
    to router1 worker4 {{ w4.address }}
}
#: forwarding to full-mesh
build

#: repair
on router1 ip link set eth1 up
on worker3 ip link set veth-{{ c.name }} master cni0 up
on {{ d.name }} ip addr flush dev eth0
on {{ d.name }} ip addr add {{ d.address }}/24 dev eth0
on {{ d.name }} ip route replace default via {{ d.gateway }}
build
