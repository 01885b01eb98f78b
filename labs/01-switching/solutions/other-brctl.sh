# The older tool, another name for the bridge, one loop for all ports.
# like: reference
# without: forget-sooner
#: third-cable to third-host
on switch1 brctl addbr lan
on switch1 brctl setageing lan 10
for port in {{ ports | join(" ") }}; do
    on switch1 brctl addif lan "$port"
    on switch1 ip link set "$port" up
done
on switch1 ip link set lan up
on {{ c.name }} ip link set eth0 up

#: find-the-mac
answer mac-behind-the-port {{ wanted.mac | upper }}

#: repair
on switch1 ip link set lan up
while read -r port host address mac; do
    on switch1 ip link set "$port" master lan up
    on switch1 bridge link set dev "$port" learning on
    on "$host" ip link set eth0 address "$mac"
    on "$host" ip addr replace "$address/24" brd + dev eth0
    on "$host" ip -o addr show dev eth0 | awk '$3 == "inet" { print $4 }' | while read -r found; do
        [ "$found" = "$address/24" ] || on "$host" ip addr del "$found" dev eth0
    done
    on "$host" ip link set eth0 up
    on "$host" ip neigh flush all
done <<'HOSTS'
{{ a.port }} {{ a.name }} {{ a.address }} {{ a.mac }}
{{ b.port }} {{ b.name }} {{ b.address }} {{ b.mac }}
{{ c.port }} {{ c.name }} {{ c.address }} {{ c.mac }}
HOSTS
