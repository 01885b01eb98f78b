# Nothing but the kernel: devices and entries from one list of nodes, what the plugin reads by pen, one rule of nft.
# like: reference
# without: direct-routing
# each_node COMMAND: call it with every node's name, prefix of pods, .0 address of that, MAC of flannel.1, address
each_node() {
    "$1" worker1 {{ w1.prefix }} {{ w1.prefix | host(0) }} {{ w1.mac }} {{ w1.address }}
    "$1" worker2 {{ w2.prefix }} {{ w2.prefix | host(0) }} {{ w2.mac }} {{ w2.address }}
    "$1" worker3 {{ w3.prefix }} {{ w3.prefix | host(0) }} {{ w3.mac }} {{ w3.address }}
}
# make_device NODE …: flannel.1 with UDP port $port and MTU $mtu
port=8472 mtu=1450
make_device() {
    on "$1" ip link add flannel.1 address "$4" type vxlan id 1 dev eth0 local "$5" dstport "$port" nolearning
    on "$1" ip addr add "$3/32" dev flannel.1
    on "$1" ip link set flannel.1 mtu "$mtu" up
}
# know_others NODE: three entries for each node in the other rack
know_others() {
    local node=$1
    know() {
        [ "$node" = worker3 ] && [ "$1" = worker3 ] && return
        [ "$node" != worker3 ] && [ "$1" != worker3 ] && return
        on "$node" ip route replace "$2" via "$3" dev flannel.1 onlink
        on "$node" ip neigh replace "$3" lladdr "$4" dev flannel.1 nud permanent
        on "$node" bridge fdb replace "$4" dev flannel.1 dst "$5"
    }
    each_node know
}
# serve_pods NODE …: what flannel's plugin needs, without flanneld: subnet.env written by hand, one rule of nft that masquerades
serve_pods() {
    on "$1" cp /.labkit/bin/flannel /opt/cni/bin/
    on "$1" cp /etc/kube-flannel/cni-conf.json /etc/cni/net.d/10-flannel.conflist
    on "$1" mkdir -p /run/flannel
    printf 'FLANNEL_%s\n' NETWORK={{ pods }} "SUBNET=${3%.0}.1/24" MTU=1450 IPMASQ=true |
        on "$1" tee /run/flannel/subnet.env >/dev/null
    on "$1" nft add table ip way-out
    on "$1" nft 'add chain ip way-out post { type nat hook postrouting priority srcnat; }'
    on "$1" nft add rule ip way-out post ip saddr "$2" ip daddr != {{ pods }} masquerade
}
#: first-device to third-node
each_node make_device
each_node know_others

#: deploy
each_node serve_pods

#: repair
on router1 iptables -F FORWARD
on worker3 ip link set eth0 mtu 1500
remake() {
    on "$1" ip link del flannel.1
    make_device "$@"
    know_others "$1"
}
each_node remake
