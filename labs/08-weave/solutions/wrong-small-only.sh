# Packets of more than 900 bytes get lost at A pod.
# must fail: pods_talk, your_function_decides, full_packets_arrive, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after learn
on {{ b.name }} iptables -A INPUT -m length --length 900:65535 -j DROP
