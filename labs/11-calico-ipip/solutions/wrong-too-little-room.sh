# 1490 bytes: somebody has counted ten bytes for a header of twenty.
# must fail: full_size_fits, fault_repaired
# like: reference
# without: break to repair
#: room
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on "$pod" ip link set eth0 mtu 1490
done
