# Plugs the pod in, then the function in three steps, as the lesson does; the fast datapath between two at the end.

# the agents first try whether a datagram of full length gets through, each way
until_fast() {
    for node in worker2 worker3; do
        on "$node" timeout 10 bash -c 'until weave status connections | grep -q fastdp; do sleep 0.1; done'
    done
}

#: plug core
on worker1 bash /root/plug ADD {{ a.name }}

#: flood core
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    if came_from == "bridge":
        return peers
    return []
PYTHON
on worker1 weave forward /root/forward.py

#: deliver core
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    if came_from == "bridge":
        return peers
    return ["bridge"]
PYTHON
on worker1 weave forward /root/forward.py

#: learn core
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    table[src] = came_from
    if came_from != "bridge":
        return ["bridge"]
    if dst not in table:
        return peers
    return [] if table[dst] == "bridge" else [table[dst]]
PYTHON
on worker1 weave forward /root/forward.py

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
# the agents, as the lab started them
for node in worker2 worker3; do
    on "$node" bash -c 'daemon status weave >/dev/null || daemon start weave'
done
# their ports, and what filters may keep from them
for node in worker1 worker2 worker3; do
    on "$node" ip link set vethwe-bridge master weave up
    on "$node" ip link set vethwe-pcap up
    on "$node" iptables -F INPUT
    on "$node" bridge fdb show dev vethwe-bridge | while read -r mac rest; do
        [[ $rest != *static* ]] || on "$node" bridge fdb del "$mac" dev vethwe-bridge master
    done
done
# the pods' MTU
for pod in {{ a.name }} {{ b.name }} {{ c.name }}; do
    on "$pod" ip link set eth0 mtu 1438
done

#: fast-datapath more
on worker2 weave stop
on worker2 weave launch --mtu 1438 --name ::2 --ipalloc-range {{ pool }} --ipalloc-init seed=::1,::2,::3 {{ w1.address }}
on worker3 weave stop
on worker3 weave launch --mtu 1438 --name ::3 --ipalloc-range {{ pool }} --ipalloc-init seed=::1,::2,::3 {{ w1.address }} {{ w2.address }}
until_fast
