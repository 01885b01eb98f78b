# A plugin with one slip: whose an address is, is written down when ADD is done; one that failed keeps its address for ever.
# must fail: my_plugin_gives_back
# like: reference
#: after own-plugin
on worker1 sed -i -e 's,echo "$CNI_CONTAINERID" >"$leases/$number",touch "$leases/$number",' \
    -e '/sysctl -qw net.ipv4.ip_forward=1/i echo "$CNI_CONTAINERID" >"$leases/$number"' /opt/cni/bin/my-plugin
