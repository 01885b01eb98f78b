# The leases are not there; a program says they are.
# must fail: pods_are_plugged, my_plugin_tells_versions, my_plugin_adds, fault_repaired
# like: reference
# without: break to own-plugin
#: after chain
on worker1 bash -c 'rm /var/lib/cni/networks/mynet/[0-9]*; printf "#!/bin/sh\necho 10.22.0.2 10.22.0.3\n" >/tmp/ls; chmod +x /tmp/ls; mount --bind /tmp/ls /usr/bin/ls'
