# A bridge with a MAC of its own that sends a pod back what it said to itself; the node's route to the pods is written by hand.
# like: reference
#: first-cable
on worker1 ip link add cni0 address 02:00:00:00:00:fe type bridge
on worker1 ip link set cni0 up
on worker1 ip link add veth-{{ a.name }} type veth peer name eth0 netns {{ a.name }}
on worker1 ip link set veth-{{ a.name }} master cni0 up
on worker1 bridge link set dev veth-{{ a.name }} hairpin on
on {{ a.name }} ip addr add {{ a.address }}/24 dev eth0
on {{ a.name }} ip link set eth0 up

#: node-joins
on worker1 ip addr add {{ gateway }}/24 dev cni0 noprefixroute
on worker1 ip route add {{ prefix }} dev cni0 src {{ gateway }}

#: after repair
on worker1 ip route replace {{ prefix }} dev cni0 src {{ gateway }}
