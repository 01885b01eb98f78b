# Neighbours by routes; everything else by a default route to the router, on every node. Routes with a device and a metric.
# like: reference
tell_everybody() {
    while read -r node own address router; do
        on "$node" sysctl -qw net.ipv4.ip_forward=1
        on "$node" ip route add default via "$router" dev eth0 metric 100
        on router1 ip route replace "$own" via "$address"
    done <<'NODES'
worker1 {{ w1.prefix }} {{ w1.address }} {{ router.lan }}
worker2 {{ w2.prefix }} {{ w2.address }} {{ router.lan }}
worker3 {{ w3.prefix }} {{ w3.address }} {{ router.lan }}
worker4 {{ w4.prefix }} {{ w4.address }} {{ router.rack }}
NODES
    on worker1 ip route add {{ w2.prefix }} via {{ w2.address }} dev eth0 proto static
    on worker1 ip route add {{ w3.prefix }} via {{ w3.address }} dev eth0 proto static
    on worker2 ip route add {{ w1.prefix }} via {{ w1.address }} dev eth0 proto static
    on worker2 ip route add {{ w3.prefix }} via {{ w3.address }} dev eth0 proto static
    on worker3 ip route add {{ w1.prefix }} via {{ w1.address }} dev eth0 proto static
    on worker3 ip route add {{ w2.prefix }} via {{ w2.address }} dev eth0 proto static
}
#: forwarding to full-mesh
tell_everybody

#: repair
on router1 ip link set eth1 up
on worker3 ip link set veth-{{ c.name }} master cni0 up
on {{ d.name }} ip addr flush dev eth0
on {{ d.name }} ip addr add {{ d.address }}/24 dev eth0
on {{ d.name }} ip route replace default via {{ d.gateway }}
for node in worker1 worker2 worker3 worker4; do
    on "$node" ip route flush proto boot
    on "$node" ip route flush proto static
done
tell_everybody
