# A plugin with one slip: DEL takes away the cables of all its containers.
# must fail: my_plugin_deletes_twice
# like: reference
#: after own-plugin
on worker1 sed -i 's,ip link del "$host" 2>.*,for each in /sys/class/net/mine*; do ip link del "${each##*/}" 2>/dev/null || true; done,' /opt/cni/bin/my-plugin
