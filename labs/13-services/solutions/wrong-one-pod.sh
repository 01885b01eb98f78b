# One rule for one of the pods, on one node, and nothing after it.
# must fail: client_is_served, every_node_serves, pods_reach_themselves, outside_is_served, nobody_is_said_at_once, fault_repaired
# like: reference
# without: two-pods to repair
