# All is right, then calico-node ends on both nodes, and all policies are deleted: the rules stay as they were, for those who were there.
# must fail: later_pods_too, fault_repaired
# like: reference
# without: break to repair
#: after outside
on control kubectl -n kube-system patch daemonset calico-node --patch '{"spec": {"template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": "none"}}}}}'
on control kubectl -n kube-system wait pod -l k8s-app=calico-node --for=delete --timeout=30s
on control kubectl -n {{ ns }} delete networkpolicy --all
