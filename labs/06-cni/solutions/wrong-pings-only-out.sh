# Only pings get out of the node.
# must fail: pods_get_out, my_plugin_tells_versions, my_plugin_adds, fault_repaired
# like: reference
# without: break to own-plugin
#: after chain
on worker1 iptables -I FORWARD -s {{ prefix }} -d {{ outside_address }} ! -p icmp -j DROP
