# What came from a peer is sent on to the others: everybody hears it twice.
# must fail: nothing_is_sent_on, what_moves_is_found, fast_datapath_between_two, fault_repaired
# like: reference
# without: break to fast-datapath
#: flood to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    table[src] = came_from
    if came_from != "bridge":
        return ["bridge"] + [peer for peer in peers if peer != came_from]
    if dst not in table:
        return peers
    return [] if table[dst] == "bridge" else [table[dst]]
PYTHON
on worker1 weave forward /root/forward.py
