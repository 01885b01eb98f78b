# Everything is joined, but the answer is a line that ends in `permanent`: the port's own MAC address, not the host's.
# must fail: mac_is_found, fault_repaired
#: build core
on switch1 ip link add br0 type bridge ageing_time 1500
on switch1 ip link set br0 up
for port in {{ ports | join(" ") }}; do
    on switch1 ip link set "$port" master br0 up
done
on {{ c.name }} ip link set eth0 up
answer mac-behind-the-port "$(on switch1 cat /sys/class/net/{{ wanted.port }}/address)"
