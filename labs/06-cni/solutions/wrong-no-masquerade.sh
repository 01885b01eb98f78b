# The chain without ipMasq, and pods plugged with it: nobody outside can answer a pod.
# must fail: pods_get_out, fault_repaired, my_plugin_tells_versions, my_plugin_adds
# like: reference
# without: break to own-plugin
#: before by-hand
on worker1 sed -i '/ipMasq/d' /etc/cni/net.d/10-mynet.conf
