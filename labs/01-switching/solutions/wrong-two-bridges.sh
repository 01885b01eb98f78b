# The third port hangs on a bridge of its own.
# must fail: third_host_talks, fault_repaired
#: build core
for port in {{ ports | join(" ") }}; do
    bridge=br0
    [ "$port" != {{ c.port }} ] || bridge=br1
    on switch1 ip link add "$bridge" type bridge ageing_time 1000 2>/dev/null || true
    on switch1 ip link set "$bridge" up
    on switch1 ip link set "$port" master "$bridge" up
done
on {{ c.name }} ip link set eth0 up
