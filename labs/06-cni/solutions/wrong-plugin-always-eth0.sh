# A plugin with one slip: the link in the pod is eth0, whatever the runtime asks for.
# must fail: my_plugin_adds
# like: reference
#: after own-plugin
on worker1 sed -i '/^conf=/i CNI_IFNAME=eth0' /opt/cni/bin/my-plugin
