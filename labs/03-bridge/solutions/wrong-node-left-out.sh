# The pods talk to each other; the bridge has no address, so the node is not part of their network.
# must fail: node_reaches_pods, pods_reach_node, fault_repaired
# like: reference
# without: node-joins to repair
