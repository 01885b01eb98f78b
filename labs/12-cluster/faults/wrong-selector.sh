# cause: wrong-selector
# where: control
# report: "The network add-on is gone from all nodes. I changed nothing but one line of its DaemonSet."
# shows: kubectl get daemonset bridge: DESIRED 0, NODE SELECTOR network=bridge, a label that no node has.
on control kubectl -n kube-system patch daemonset bridge -p '{"spec": {"template": {"spec": {"nodeSelector": {"network": "bridge"}}}}}'
on control kubectl -n kube-system wait pod -l app=bridge --field-selector spec.nodeName=worker2 --for=delete --timeout=60s
