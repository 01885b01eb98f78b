# The chain speaks an older version of the protocol.
# like: reference
{% set conf = "50-old.conflist" %}
#: chain
on worker1 bash -c 'rm -f /etc/cni/net.d/*'
on worker1 tee /etc/cni/net.d/50-old.conflist >/dev/null <<'CONF'
{"cniVersion": "0.4.0", "name": "mynet", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true,
   "ipam": {"type": "host-local", "subnet": "{{ prefix }}", "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}},
  {"type": "bandwidth", "capabilities": {"bandwidth": true}}]}
CONF
