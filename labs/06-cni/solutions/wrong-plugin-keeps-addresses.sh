# A plugin with one slip: DEL takes the cable away and keeps the address.
# must fail: my_plugin_gives_back
# like: reference
#: after own-plugin
on worker1 sed -i '/grep -lx/d' /opt/cni/bin/my-plugin
