# No bridge: switch1 routes between its ports and answers ARP for everybody.
# must fail: each_answers_for_itself, mac_is_found, switch_forgets, fault_repaired
#: build core
on {{ c.name }} ip link set eth0 up
on switch1 sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.proxy_arp=1
while read -r port address; do
    on switch1 ip link set "$port" up
    on switch1 ip route add "$address" dev "$port"
done <<'PORTS'
{{ a.port }} {{ a.address }}
{{ b.port }} {{ b.address }}
{{ c.port }} {{ c.address }}
PORTS
# a proxy takes its time (up to 0.8 s, arp(7)): let the hosts have asked before anybody looks
for host in {{ a.name }} {{ b.name }} {{ c.name }}; do
    for address in {{ a.address }} {{ b.address }} {{ c.address }}; do
        on "$host" ping -q -c 1 -W 2 "$address" || true
    done
done
