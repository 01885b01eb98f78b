# Where a MAC was heard first it stays for ever.
# must fail: what_moves_is_found, fault_repaired
# like: reference
# without: break to repair
#: flood to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    table.setdefault(src, came_from)
    if came_from != "bridge":
        return ["bridge"]
    if dst not in table:
        return peers
    return [] if table[dst] == "bridge" else [table[dst]]
PYTHON
on worker1 weave forward /root/forward.py
