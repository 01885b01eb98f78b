# The node lets web and api out, and no pod that comes later.
# must fail: new_pod_is_plugged, my_plugin_tells_versions, my_plugin_adds, fault_repaired
# like: reference
# without: break to own-plugin
#: after chain
for pod in web api; do
    address=$(on worker1 ip -n "$pod" -4 -j addr show eth0 | jq -r '.[0].addr_info[0].local')
    on worker1 iptables -A FORWARD -s "$address" -j ACCEPT
done
on worker1 iptables -A FORWARD -s {{ prefix }} ! -d {{ prefix }} -m conntrack --ctstate NEW -j DROP
