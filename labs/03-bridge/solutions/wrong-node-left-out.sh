# The pods talk to each other; the bridge has no address, so the node is not part of their network.
# must fail: each_pod_hears_itself, node_reaches_pods, pods_reach_node, fault_repaired
#: build core
on worker1 ip link add cni0 type bridge
on worker1 ip link set cni0 up
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on worker1 ip netns add "$pod"
    on worker1 ip link add "veth-$pod" type veth peer name eth0 netns "$pod"
    on worker1 ip link set "veth-$pod" master cni0 up
    on "$pod" ip link set eth0 up
done
on {{ a.name }} ip addr add {{ a.address }}/24 dev eth0
on {{ b.name }} ip addr add {{ b.address }}/24 dev eth0
on {{ c.name }} ip addr add {{ c.address }}/24 dev eth0
