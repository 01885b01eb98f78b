# cause: process-stopped | wrong-selector
# where: worker2 | control
# report: "The Service that we made today is served for some callers only. All older ones work."
# shows: {{ d.name }} reaches no Service that is made now; worker2 has no kube-proxy, and its rules stay as they were.
on control kubectl -n kube-system patch daemonset kube-proxy --patch '{"spec": {"template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": "worker1"}}}}}'
undo on control kubectl -n kube-system patch daemonset kube-proxy --patch '{"spec": {"template": {"spec": {"nodeSelector": null}}}}'
on control kubectl -n kube-system wait pod -l k8s-app=kube-proxy --field-selector spec.nodeName=worker2 --for=delete --timeout=20s
