# {{ c.name }} hangs on a bridge of its own, with the same prefix.
# must fail: third_pod_talks, a_new_pod_joins, each_address_is_one_pod, node_reaches_pods, pods_reach_node, fault_repaired
# like: reference
# without: break to repair
#: after third-pod
on worker1 ip link add cni1 type bridge
on worker1 ip link set cni1 up
on worker1 ip link set veth-{{ c.name }} master cni1
