# A plugin with one slip: ADD gives the pod an address, but no cable.
# must fail: my_plugin_adds
# like: reference
#: after own-plugin
on worker1 sed -i '/ip link set "$host" up/a ip link set "$host" down' /opt/cni/bin/my-plugin
