# worker1 answers for a far pod itself.
# must fail: arp_crosses, pods_talk, your_function_decides, full_packets_arrive, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after learn
on {{ a.name }} ip route add local {{ b.address }} dev lo table local
