# {{ c.name }} hangs on a bridge of its own, with the same prefix.
# must fail: each_pod_hears_itself, third_pod_talks, a_new_pod_joins, each_address_is_one_pod, node_reaches_pods, pods_reach_node, fault_repaired
#: build core
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    bridge=cni0
    [ "$pod" != {{ c.name }} ] || bridge=cni1
    on worker1 ip link add "$bridge" type bridge 2>/dev/null || true
    on worker1 ip link set "$bridge" up
    on worker1 ip netns add "$pod"
    on worker1 ip link add "veth-$pod" type veth peer name eth0 netns "$pod"
    on worker1 ip link set "veth-$pod" master "$bridge" up
    on "$pod" ip link set eth0 up
done
on worker1 ip addr add {{ gateway }}/24 dev cni0
on {{ a.name }} ip addr add {{ a.address }}/24 dev eth0
on {{ b.name }} ip addr add {{ b.address }}/24 dev eth0
on {{ c.name }} ip addr add {{ c.address }}/24 dev eth0
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on "$pod" ip route add default via {{ gateway }}
done
