# A plugin with one slip: VERSION is an error.
# must fail: my_plugin_tells_versions
# like: reference
#: after own-plugin
on worker1 sed -i '/^VERSION)/a fail 4 "VERSION is unknown"' /opt/cni/bin/my-plugin
