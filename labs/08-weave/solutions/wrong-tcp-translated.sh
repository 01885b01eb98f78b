# A pod puts another address on its connections.
# must fail: pods_talk, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after learn
on {{ a.name }} bash -c 'ip addr add 10.47.255.7/12 dev eth0; iptables -t nat -A POSTROUTING -p tcp -j SNAT --to-source 10.47.255.7'
