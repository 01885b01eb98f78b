# The tunnels have the nodes' own addresses.
# must fail: tunnels_are_up, fault_repaired
# like: reference
# without: break to repair
#: tunnels
raise_tunnel {{ m1.name }} {{ m1.address }}
raise_tunnel {{ w1.name }} {{ w1.address }}
raise_tunnel {{ m2.name }} {{ m2.address }}
raise_tunnel {{ w2.name }} {{ w2.address }}
