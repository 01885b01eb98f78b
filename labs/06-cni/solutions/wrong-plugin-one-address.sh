# A plugin with one slip: everybody gets the same address.
# must fail: my_plugin_deletes_twice, my_plugin_serves_two_at_once
# like: reference
#: after own-plugin
on worker1 sed -i '/mkdir -p "$leases"/a number=2; return' /opt/cni/bin/my-plugin
