# A plugin with one slip: CHECK says yes whatever happened.
# must fail: my_plugin_checks
# like: reference
#: after own-plugin
on worker1 sed -i '/^CHECK)/a exit 0' /opt/cni/bin/my-plugin
