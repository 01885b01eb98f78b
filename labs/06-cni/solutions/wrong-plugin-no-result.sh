# A plugin with one slip: the result does not tell the address.
# must fail: my_plugin_adds
# like: reference
#: after own-plugin
on worker1 sed -i 's/ips: \[.*, dns/dns/' /opt/cni/bin/my-plugin
