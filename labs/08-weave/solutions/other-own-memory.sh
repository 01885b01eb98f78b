# The function first and the pod after it; a table of its own that forgets, and names the copies one by one.
# like: reference
#: plug to learn
on worker1 tee /root/mine.py >/dev/null <<'PYTHON'
import time

seen = {}


def forward(src, dst, came_from, table, peers):
    now = time.monotonic()
    seen[src] = (came_from, now)
    if came_from in peers:
        return ["bridge"]
    place, when = seen.get(dst, (None, 0.0))
    if int(dst[:2], 16) & 1 or place is None or now - when > 600:
        return [peer for peer in peers if peer != came_from]
    return [place] if place in peers else []
PYTHON
on worker1 weave forward /root/mine.py
on worker1 bash /root/plug ADD {{ a.name }}

#: fast-datapath
# both agents go before the first comes back
on worker2 weave stop
on worker3 weave stop
on worker3 weave launch --mtu 1438 --name ::3 --ipalloc-range {{ pool }} --ipalloc-init seed=::1,::2,::3 {{ w1.address }}
on worker2 weave launch --mtu 1438 --name ::2 --ipalloc-range {{ pool }} --ipalloc-init seed=::1,::2,::3 {{ w3.address }}
until_fast
