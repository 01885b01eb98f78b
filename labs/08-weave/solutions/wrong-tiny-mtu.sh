# A pod sends small packets only: its MTU is far less than the way carries.
# must fail: pods_talk, your_function_decides, full_packets_arrive, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after learn
on {{ a.name }} ip link set eth0 mtu 1000
