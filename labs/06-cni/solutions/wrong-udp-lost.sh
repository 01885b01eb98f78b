# A pod gets no datagrams.
# must fail: pods_are_plugged, pods_get_out, my_plugin_tells_versions, my_plugin_adds, fault_repaired
# like: reference
# without: break to own-plugin
#: after chain
on web iptables -A INPUT -p udp -j DROP
