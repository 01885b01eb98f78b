# One bridge, but every pod has a /32: nobody is anybody's neighbour. The node, whose mask is right, still asks them by ARP.
# must fail: each_pod_hears_itself, first_two_talk, third_pod_talks, a_new_pod_joins, pods_reach_node, node_reaches_pods, fault_repaired
#: build core
on worker1 ip link add cni0 type bridge
on worker1 ip link set cni0 up
on worker1 ip addr add {{ gateway }}/24 dev cni0
while read -r pod address; do
    on worker1 ip netns add "$pod"
    on worker1 ip link add "veth-$pod" type veth peer name eth0 netns "$pod"
    on worker1 ip link set "veth-$pod" master cni0 up
    on "$pod" ip link set eth0 up
    on "$pod" ip addr add "$address/32" dev eth0
done <<'PODS'
{{ a.name }} {{ a.address }}
{{ b.name }} {{ b.address }}
{{ c.name }} {{ c.address }}
PODS
