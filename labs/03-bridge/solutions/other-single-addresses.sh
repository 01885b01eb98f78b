# Every pod has a /32 and a route that says that its prefix is on the cable.
# like: reference
alone() { # POD ADDRESS
    on "$1" ip addr flush dev eth0
    on "$1" ip addr add "$2/32" dev eth0
    on "$1" ip link set eth0 up
    on "$1" ip route replace {{ prefix }} dev eth0
    on "$1" ip route replace default via {{ gateway }}
}
#: way-out
alone {{ a.name }} {{ a.address }}
alone {{ b.name }} {{ b.address }}
alone {{ c.name }} {{ c.address }}

#: repair
on worker1 ip addr replace {{ gateway }}/24 dev cni0
on worker1 ip link set cni0 up
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on worker1 ip link set "veth-$pod" master cni0 up
done
alone {{ a.name }} {{ a.address }}
alone {{ b.name }} {{ b.address }}
alone {{ c.name }} {{ c.address }}
