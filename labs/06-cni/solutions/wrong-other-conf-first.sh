# The chain is right, but in a file that comes second: the runtime takes another network.
# must fail: new_pod_is_plugged, fault_repaired, my_plugin_tells_versions, my_plugin_adds
# like: reference
# without: break to own-plugin
#: after chain
on worker1 tee /etc/cni/net.d/05-new.conflist >/dev/null <<'CONF'
{"cniVersion": "1.0.0", "name": "new", "plugins": [
  {"type": "bridge", "bridge": "cni9", "isGateway": true, "ipam": {"type": "host-local", "subnet": "172.31.255.0/24"}}]}
CONF
