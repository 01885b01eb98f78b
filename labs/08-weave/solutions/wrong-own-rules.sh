# The function hands its work to the agent's own rules.
# must fail: your_function_decides, what_moves_is_found, fault_repaired
# like: reference
# without: break to repair
#: flood to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
import time

from labkit.agents.weave.forward import MacTable, decide

macs = MacTable()


def forward(src, dst, came_from, table, peers):
    frame = bytes.fromhex((dst + src).replace(":", "")) + bytes(50)
    origin = b"" if came_from == "bridge" else came_from.encode()
    places = decide(macs, frame, origin, tuple(peer.encode() for peer in peers), time.monotonic())
    return [place.decode() or "bridge" for place in places]
PYTHON
on worker1 weave forward /root/forward.py
