# Every third packet for a pod gets lost.
# must fail: pods_are_plugged, pods_get_out, my_plugin_tells_versions, my_plugin_adds, fault_repaired
# like: reference
# without: break to own-plugin
#: after chain
on api iptables -A INPUT -m statistic --mode nth --every 3 --packet 0 -j DROP
