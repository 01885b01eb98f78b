# The function first and the pod after it; a table of its own that forgets, and names the copies one by one.
#: function core
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

#: plug core
on worker1 bash /root/plug ADD {{ w1.pod }}

{% include lab ~ "/solutions/fault.inc" %}

#: fast-datapath more
# both agents go before the first comes back
on worker2 weave stop
on worker3 weave stop
on worker3 weave launch --mtu 1438 --name ::3 --ipalloc-range {{ pool }} --ipalloc-init seed=::1,::2,::3 {{ w1.address }}
on worker2 weave launch --mtu 1438 --name ::2 --ipalloc-range {{ pool }} --ipalloc-init seed=::1,::2,::3 {{ w3.address }}
# the agents first try whether a datagram of full length gets through, each way
for node in worker2 worker3; do
    on "$node" timeout 10 bash -c 'until weave status connections | grep -q fastdp; do sleep 0.1; done'
done
