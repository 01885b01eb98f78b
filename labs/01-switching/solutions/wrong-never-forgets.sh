# All is joined and found, but the bridge remembers for the usual five minutes.
# must fail: switch_forgets, fault_repaired
#: build core
on switch1 ip link add br0 type bridge
on switch1 ip link set br0 up
for port in {{ ports | join(" ") }}; do
    on switch1 ip link set "$port" master br0 up
done
on {{ c.name }} ip link set eth0 up
answer mac-behind-the-port {{ wanted.mac }}
