# Everything is built and repaired; the cause was guessed, twice.
# must fail: fault_named
{% set others = ["bridge-down", "bridge-port-down", "link-down", "wrong-mask"] | reject("equalto", fault.cause) | list %}
#: build core
on switch1 ip link add br0 type bridge ageing_time 1500
on switch1 ip link set br0 up
for port in {{ ports | join(" ") }}; do
    on switch1 ip link set "$port" master br0 up
done
on {{ c.name }} ip link set eth0 up
answer mac-behind-the-port {{ wanted.mac }}

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ others[0] }}
answer fault.cause {{ others[1] }}
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
