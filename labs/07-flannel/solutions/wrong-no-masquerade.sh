# flanneld without --ip-masq: then the bridge plugin masquerades, each pod by itself, and between nodes too.
# must fail: pods_get_out, new_pods_are_served, neighbours_go_direct, fault_repaired
# like: reference
# without: first-device to third-node, break to direct-routing
#: deploy
for node in worker1 worker2 worker3; do
    on "$node" cp /.labkit/bin/flannel /opt/cni/bin/flannel
    on "$node" cp /etc/kube-flannel/cni-conf.json /etc/cni/net.d/10-flannel.conflist
done
start_flannel "worker1 worker2 worker3"
