# The cables first and the bridge last; the node's end of each pair is moved into the pod; routes by device.
# like: reference
# without: way-out
#: make-pod to third-pod
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on worker1 ip netns add "$pod"
    on worker1 ip link add "to-$pod" type veth peer name "in-$pod"
    on worker1 ip link set "in-$pod" netns "$pod"
    on "$pod" ip link set lo up
    on "$pod" ip link set "in-$pod" name eth0
    on "$pod" ip link set eth0 up
done
on {{ a.name }} ip addr add {{ a.address }}/24 dev eth0
on {{ b.name }} ip addr add {{ b.address }}/24 dev eth0
on {{ c.name }} ip addr add {{ c.address }}/24 dev eth0

#: node-joins
on worker1 brctl addbr cni0
on worker1 ip addr add {{ gateway }}/24 brd + dev cni0
on worker1 ip link set cni0 up
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on worker1 brctl addif cni0 "to-$pod"
    on worker1 ip link set "to-$pod" up
    on "$pod" ip route add {{ node_address }}/32 via {{ gateway }}
done

#: repair
on worker1 ip addr replace {{ gateway }}/24 dev cni0
on worker1 ip link set cni0 up
while read -r pod address; do
    on worker1 ip link set "to-$pod" master cni0 up
    on "$pod" ip addr flush dev eth0
    on "$pod" ip addr add "$address/24" dev eth0
    on "$pod" ip link set eth0 up
    on "$pod" ip route replace {{ node_address }}/32 via {{ gateway }}
done <<'PODS'
{{ a.name }} {{ a.address }}
{{ b.name }} {{ b.address }}
{{ c.name }} {{ c.address }}
PODS
