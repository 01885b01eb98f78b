# The overlay by hand; then flannel on every node, in the end without wrapping between neighbours.
{% include lab ~ "/solutions/start.inc" %}
{% include lab ~ "/solutions/by-hand.inc" %}
{% include lab ~ "/solutions/deploy.inc" %}
#: direct-routing more
for node in worker1 worker2; do
    on "$node" ip link del flannel.1
    on "$node" sed -i 's/"Type": "vxlan"/"Type": "vxlan", "DirectRouting": true/' /etc/kube-flannel/net-conf.json
done
start_flannel "worker1 worker2" --ip-masq

{% include lab ~ "/solutions/fault.inc" %}
