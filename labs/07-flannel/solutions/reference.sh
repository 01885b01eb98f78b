# The overlay by hand; then flannel on every node, in the end without wrapping between neighbours.

# start_flannel "NODES" OPTIONS: flanneld in the background, until it has written subnet.env; one that runs there ends first
start_flannel() {
    local node
    for node in $1; do
        on "$node" daemon restart flanneld -- "${@:2}"
    done
}

#: first-device core
on worker1 ip link add flannel.1 address {{ w1.mac }} type vxlan id 1 dev eth0 local {{ w1.address }} dstport 8472 nolearning
on worker1 ip addr add {{ w1.prefix | host(0) }}/32 dev flannel.1
on worker1 ip link set flannel.1 up

#: second-device core
on worker3 ip link add flannel.1 address {{ w3.mac }} type vxlan id 1 dev eth0 local {{ w3.address }} dstport 8472 nolearning
on worker3 ip addr add {{ w3.prefix | host(0) }}/32 dev flannel.1
on worker3 ip link set flannel.1 up

#: three-entries core
on worker1 ip route add {{ w3.prefix }} via {{ w3.prefix | host(0) }} dev flannel.1 onlink
on worker1 ip neigh add {{ w3.prefix | host(0) }} lladdr {{ w3.mac }} dev flannel.1
on worker1 bridge fdb add {{ w3.mac }} dev flannel.1 dst {{ w3.address }}

#: three-back core
on worker3 ip route add {{ w1.prefix }} via {{ w1.prefix | host(0) }} dev flannel.1 onlink
on worker3 ip neigh add {{ w1.prefix | host(0) }} lladdr {{ w1.mac }} dev flannel.1
on worker3 bridge fdb add {{ w1.mac }} dev flannel.1 dst {{ w1.address }}

#: third-node more
on worker2 ip link add flannel.1 address {{ w2.mac }} type vxlan id 1 dev eth0 local {{ w2.address }} dstport 8472 nolearning
on worker2 ip addr add {{ w2.prefix | host(0) }}/32 dev flannel.1
on worker2 ip link set flannel.1 up
on worker2 ip route add {{ w3.prefix }} via {{ w3.prefix | host(0) }} dev flannel.1 onlink
on worker2 ip neigh add {{ w3.prefix | host(0) }} lladdr {{ w3.mac }} dev flannel.1
on worker2 bridge fdb add {{ w3.mac }} dev flannel.1 dst {{ w3.address }}
on worker3 ip route add {{ w2.prefix }} via {{ w2.prefix | host(0) }} dev flannel.1 onlink
on worker3 ip neigh add {{ w2.prefix | host(0) }} lladdr {{ w2.mac }} dev flannel.1
on worker3 bridge fdb add {{ w2.mac }} dev flannel.1 dst {{ w2.address }}

#: deploy core
for node in worker1 worker2 worker3; do
    on "$node" cp /.labkit/bin/flannel /opt/cni/bin/flannel
    on "$node" cp /etc/kube-flannel/cni-conf.json /etc/cni/net.d/10-flannel.conflist
    on "$node" ip link del flannel.1
done
start_flannel "worker1 worker2 worker3" --ip-masq

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on router1 iptables -F FORWARD
on worker3 ip link set eth0 mtu 1500
node={{ fault.where.partition(":")[0] }}
if on "$node" ip link del flannel.1 2>/dev/null; then
    start_flannel "$node" --ip-masq
fi

#: direct-routing more
for node in worker1 worker2; do
    on "$node" ip link del flannel.1
    on "$node" sed -i 's/"Type": "vxlan"/"Type": "vxlan", "DirectRouting": true/' /etc/kube-flannel/net-conf.json
done
start_flannel "worker1 worker2" --ip-masq
