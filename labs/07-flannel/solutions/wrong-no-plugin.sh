# flanneld runs everywhere, but nobody gave the nodes the program that the conf names.
# must fail: new_pods_are_served, neighbours_go_direct, fault_repaired
# like: reference
# without: break to direct-routing
#: after deploy
for node in worker1 worker2 worker3; do
    on "$node" rm /opt/cni/bin/flannel
done
