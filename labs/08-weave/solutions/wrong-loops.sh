# Waits for an answer that it would have to fetch itself: the agent goes on with its own rules.
# must fail: your_function_decides, what_moves_is_found, fault_repaired
# like: reference
# without: break to repair
#: flood to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    while dst not in table:
        pass
    return [table[dst]]
PYTHON
on worker1 weave forward /root/forward.py
