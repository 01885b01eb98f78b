# Flannel from the beginning, and direct routes between neighbours at once; nothing by hand.
# like: reference
# without: first-device to third-node, direct-routing
#: deploy
for node in worker1 worker2 worker3; do
    on "$node" cp /.labkit/bin/flannel /opt/cni/bin/flannel
    on "$node" cp /etc/kube-flannel/cni-conf.json /etc/cni/net.d/10-flannel.conflist
    on "$node" sed -i 's/"Type": "vxlan"/"Type": "vxlan", "DirectRouting": true/' /etc/kube-flannel/net-conf.json
done
on worker1 ip route del {{ w2.prefix }}
on worker2 ip route del {{ w1.prefix }}
start_flannel "worker1 worker2 worker3" --ip-masq
