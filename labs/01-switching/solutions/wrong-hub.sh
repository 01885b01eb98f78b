# A bridge that forgets at once: everybody talks, and everybody hears everything.
# must fail: bystander_hears_nothing, switch_forgets, fault_repaired
#: build core
on switch1 ip link add br0 type bridge ageing_time 0
on switch1 ip link set br0 up
for port in {{ ports | join(" ") }}; do
    on switch1 ip link set "$port" master br0 up
done
on {{ c.name }} ip link set eth0 up
answer mac-behind-the-port {{ wanted.mac }}
