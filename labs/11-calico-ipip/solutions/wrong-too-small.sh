# 1280 bytes: it works, and gives away what the cables carry.
# must fail: full_size_fits, nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: break to repair
#: room
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on "$pod" ip link set eth0 mtu 1280
done
