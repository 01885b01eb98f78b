# A plugin with one slip: it reads all leases, and then takes what was free.
# must fail: my_plugin_serves_two_at_once
# like: reference
#: after own-plugin
on worker1 sed -i -e '/flock 9/d' -e 's,^    for number in,    used=$(ls "$leases"); for number in,' \
    -e 's,if \[ ! -e "$leases/$number" \]; then,if ! grep -qx "$number" <<<"$used"; then,' /opt/cni/bin/my-plugin
