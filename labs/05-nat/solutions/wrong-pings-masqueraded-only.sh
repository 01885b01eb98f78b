# Only pings get out under the node's address.
# must fail: pods_get_answers, only_that_port, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on worker1 iptables -t nat -F POSTROUTING
on worker1 iptables -t nat -A POSTROUTING -s {{ w1.prefix }} ! -d {{ pods }} -p icmp -j MASQUERADE
