# flannel with the backend host-gw: right on one cable. For the node behind the router the kernel refuses the route.
# must fail: racks_talk, everybody_talks, fault_repaired
# like: reference
# without: first-device to third-node, break to direct-routing
#: deploy
for node in worker1 worker2 worker3; do
    on "$node" sed -i 's/vxlan/host-gw/' /etc/kube-flannel/net-conf.json
    on "$node" cp /.labkit/bin/flannel /opt/cni/bin/flannel
    on "$node" cp /etc/kube-flannel/cni-conf.json /etc/cni/net.d/10-flannel.conflist
done
start_flannel "worker1 worker2 worker3" --ip-masq
