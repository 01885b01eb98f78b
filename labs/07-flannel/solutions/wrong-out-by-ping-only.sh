# Only pings get out under the node's address.
# must fail: pods_get_out, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on worker1 iptables -I FORWARD -s {{ a.address }} -d {{ router.lan }} ! -p icmp -j DROP
on worker1 iptables -I FORWARD -s {{ a.address }} -d {{ router.lan }} ! -p icmp -j DROP
