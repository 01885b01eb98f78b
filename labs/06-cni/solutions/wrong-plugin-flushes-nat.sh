# A plugin with one slip: DEL empties the nat table.
# must fail: my_plugin_adds
# like: reference
#: after own-plugin
on worker1 sed -i '/^DEL)/a iptables -t nat -F' /opt/cni/bin/my-plugin
