# A hub: every frame from the bridge goes to every peer, known or not.
# must fail: known_frames_go_to_one_peer, fault_repaired
# like: reference
# without: break to repair
#: flood to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    return peers if came_from == "bridge" else ["bridge"]
PYTHON
on worker1 weave forward /root/forward.py
