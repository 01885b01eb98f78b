# A plugin with one slip: a second DEL is an error.
# must fail: my_plugin_deletes_twice
# like: reference
#: after own-plugin
on worker1 sed -i 's,ip link del "$host" 2>.*,ip link del "$host",' /opt/cni/bin/my-plugin
