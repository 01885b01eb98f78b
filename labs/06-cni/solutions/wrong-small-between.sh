# Large packets between pods get lost.
# must fail: pods_are_plugged, pods_get_out, my_plugin_tells_versions, my_plugin_adds, fault_repaired
# like: reference
# without: break to own-plugin
#: after chain
on api iptables -A INPUT -m length --length 900:65535 -j DROP
