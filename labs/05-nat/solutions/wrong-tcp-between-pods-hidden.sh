# Pings between pods keep their addresses, connections do not.
# must fail: pods_keep_their_names, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on worker2 iptables -t nat -I POSTROUTING -s {{ w2.prefix }} -d {{ w1.prefix }} -p tcp -j MASQUERADE
