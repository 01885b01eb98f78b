# flanneld runs everywhere, but nobody gave the nodes the program that the conf names.
# must fail: new_pods_are_served, neighbours_go_direct, fault_repaired
{% include lab ~ "/solutions/start.inc" %}
#: deploy core
for node in worker1 worker2 worker3; do
    on "$node" cp /etc/kube-flannel/cni-conf.json /etc/cni/net.d/10-flannel.conflist
done
start_flannel "worker1 worker2 worker3" --ip-masq
