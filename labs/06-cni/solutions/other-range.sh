# Addresses from a part of the prefix, pods that reach themselves by their own ports, a full-size MTU said.
# like: reference
{% set conf = "10-mynet.conflist" %}
#: chain
on worker1 bash -c 'rm -f /etc/cni/net.d/*'
on worker1 tee /etc/cni/net.d/10-mynet.conflist >/dev/null <<'CONF'
{"cniVersion": "1.0.0", "name": "mynet", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "ipMasq": true, "hairpinMode": true, "mtu": 1500,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "{{ prefix }}", "rangeStart": "{{ prefix | host(100) }}", "rangeEnd": "{{ prefix | host(200) }}"}]]}},
  {"type": "bandwidth", "capabilities": {"bandwidth": true}},
  {"type": "portmap", "snat": true, "capabilities": {"portMappings": true}}]}
CONF
