# The add-on's pods wait for the network that they shall bring.
# must fail: nodes_are_ready, fault_repaired
# like: reference
# without: host-network, break to repair
