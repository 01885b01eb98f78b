# A plugin with one slip: the address in the result has no length.
# must fail: my_plugin_chains
# like: reference
#: after own-plugin
on worker1 sed -i 's,"$base.$number/32" --arg ns,"$base.$number" --arg ns,' /opt/cni/bin/my-plugin
