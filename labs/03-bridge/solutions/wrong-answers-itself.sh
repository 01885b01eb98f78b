# The node sends the first pod's packets for the second one to itself.
# must fail: first_two_talk, each_address_is_one_pod, fault_repaired
# like: reference
# without: break to repair
#: after way-out
on {{ a.name }} ip route add local {{ b.address }} dev lo table local
