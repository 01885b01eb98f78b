# A plugin with one slip: two callers may look for a free address at the same time.
# must fail: my_plugin_serves_two_at_once
# like: reference
#: after own-plugin
on worker1 sed -i -e '/flock 9/d' -e 's/^    for number in/    sleep 0.2; for number in/' -e 's/if \[ ! -e "$leases\/$number" \]; then/if [ ! -e "$leases\/$number" ]; then sleep 0.3/' /opt/cni/bin/my-plugin
