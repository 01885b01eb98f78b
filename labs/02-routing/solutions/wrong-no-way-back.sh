# The routers know everything; two hosts have no way back.
# must fail: near_networks_talk, far_network_talks, fault_repaired
# like: reference
# without: way-back, break to straight
#: far-way-back
on router2 ip route add {{ lan1 }} via {{ b.gateway }}
