# As the lesson does it: a bridge, three ports, a short memory.
#: third-cable core
on {{ c.name }} ip link set eth0 up
on switch1 ip link set {{ c.port }} up

#: first-two core
on switch1 ip link add br0 type bridge
on switch1 ip link set br0 up
on switch1 ip link set {{ a.port }} master br0
on switch1 ip link set {{ b.port }} master br0

#: third-host core
on switch1 ip link set {{ c.port }} master br0

#: find-the-mac core
answer mac-behind-the-port {{ wanted.mac }}

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on switch1 ip link set br0 up
while read -r port host address mac; do
    on switch1 ip link set "$port" master br0 up
    on switch1 bridge link set dev "$port" learning on
    on "$host" ip link set eth0 address "$mac"
    on "$host" ip addr flush dev eth0
    on "$host" ip addr add "$address/24" brd + dev eth0
    on "$host" ip link set eth0 up
    on "$host" ip neigh flush all
done <<'HOSTS'
{{ a.port }} {{ a.name }} {{ a.address }} {{ a.mac }}
{{ b.port }} {{ b.name }} {{ b.address }} {{ b.mac }}
{{ c.port }} {{ c.name }} {{ c.address }} {{ c.mac }}
HOSTS

#: forget-sooner more
on switch1 ip link set br0 type bridge ageing_time 1500
