# The Service selects nobody any more: the addresses of two pods stand in its EndpointSlice for ever.
# must fail: new_ones_are_served, fault_repaired
# like: reference
# without: break to repair
#: after local
on control kubectl patch service {{ app }}-service --type=json -p '[{"op": "remove", "path": "/spec/selector"}]'
