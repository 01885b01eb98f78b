# The whole function at once, before the pod is plugged in; the agents come back one by one, each knowing all the others.
# like: reference
#: plug to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    table[src] = came_from
    if came_from == "bridge":
        return [place for place in ([table[dst]] if dst in table else peers) if place != "bridge"]
    return ["bridge"]
PYTHON
on worker1 weave forward /root/forward.py
on worker1 bash /root/plug ADD {{ a.name }}

#: fast-datapath
on worker3 weave stop
on worker3 weave launch --mtu 1438 --name ::3 --ipalloc-range {{ pool }} --ipalloc-init seed=::1,::2,::3 {{ w1.address }} {{ w2.address }}
on worker2 weave stop
on worker2 weave launch --mtu 1438 --name ::2 --ipalloc-range {{ pool }} --ipalloc-init seed=::1,::2,::3 {{ w1.address }} {{ w3.address }}
until_fast
