# A plugin with one slip: it does not read the conf's prefix.
# must fail: my_plugin_adds
# like: reference
#: after own-plugin
on worker1 sed -i 's,^prefix=.*,prefix=10.99.0.0/24,' /opt/cni/bin/my-plugin
