# A plugin with one slip: ADD takes cni0's address away.
# must fail: my_plugin_adds
# like: reference
#: after own-plugin
on worker1 sed -i '/ip link set "$host" up/a ip addr flush dev cni0' /opt/cni/bin/my-plugin
