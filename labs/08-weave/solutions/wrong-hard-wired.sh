# The function has the three pods' places by heart.
# must fail: what_moves_is_found, fault_repaired
# like: reference
# without: break to repair
#: flood to learn
macs=()
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    macs+=("$(on "$pod" cat /sys/class/net/eth0/address)")
done
on worker1 tee /root/forward.py >/dev/null <<PYTHON
places = {"${macs[0]}": "bridge", "${macs[1]}": "worker2", "${macs[2]}": "worker3"}


def forward(src, dst, came_from, table, peers):
    if came_from != "bridge":
        return ["bridge"]
    if dst not in places:
        return peers
    return [] if places[dst] == "bridge" else [places[dst]]
PYTHON
on worker1 weave forward /root/forward.py
