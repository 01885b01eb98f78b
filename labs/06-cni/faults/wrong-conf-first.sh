# cause: wrong-conf
# where: worker1
# report: "My new pod runs, but it does not reach web."
# shows: new pods get addresses of another network and reach none of the old ones.
on worker1 tee /etc/cni/net.d/00-aaa.conflist >/dev/null <<'CONF'
{"cniVersion": "1.0.0", "name": "leftover", "plugins": [
  {"type": "bridge", "bridge": "cni9", "isGateway": true, "ipam": {"type": "host-local", "subnet": "172.31.255.0/24"}}]}
CONF
undo on worker1 rm /etc/cni/net.d/00-aaa.conflist
