# Builds the pods one after the other, as the lesson does.
#: make-pod core
on worker1 ip netns add {{ a.name }}
on {{ a.name }} ip link set lo up

#: first-cable core
on worker1 ip link add cni0 type bridge
on worker1 ip link set cni0 up
on worker1 ip link add veth-{{ a.name }} type veth peer name eth0 netns {{ a.name }}
on worker1 ip link set veth-{{ a.name }} master cni0 up
on {{ a.name }} ip addr add {{ a.address }}/24 dev eth0
on {{ a.name }} ip link set eth0 up

#: second-pod core
on worker1 ip netns add {{ b.name }}
on worker1 ip link add veth-{{ b.name }} type veth peer name eth0 netns {{ b.name }}
on worker1 ip link set veth-{{ b.name }} master cni0 up
on {{ b.name }} ip link set lo up
on {{ b.name }} ip addr add {{ b.address }}/24 dev eth0
on {{ b.name }} ip link set eth0 up

#: third-pod core
on worker1 ip netns add {{ c.name }}
on worker1 ip link add veth-{{ c.name }} type veth peer name eth0 netns {{ c.name }}
on worker1 ip link set veth-{{ c.name }} master cni0 up
on {{ c.name }} ip link set lo up
on {{ c.name }} ip addr add {{ c.address }}/24 dev eth0
on {{ c.name }} ip link set eth0 up

#: node-joins core
on worker1 ip addr add {{ gateway }}/24 dev cni0

#: way-out core
on {{ a.name }} ip route add default via {{ gateway }}
on {{ b.name }} ip route add default via {{ gateway }}
on {{ c.name }} ip route add default via {{ gateway }}

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on worker1 ip addr replace {{ gateway }}/24 dev cni0
on worker1 ip link set cni0 up
while read -r pod address; do
    on worker1 ip link set "veth-$pod" master cni0 up
    on "$pod" ip addr flush dev eth0
    on "$pod" ip addr add "$address/24" dev eth0
    on "$pod" ip link set eth0 up
    on "$pod" ip route replace default via {{ gateway }}
done <<'PODS'
{{ a.name }} {{ a.address }}
{{ b.name }} {{ b.address }}
{{ c.name }} {{ c.address }}
PODS
