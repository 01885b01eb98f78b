# cause: process-stopped | wrong-selector
# where: worker2 | control
# report: "We replaced {{ c.name }} this morning, by the very same file. Since then it finds no database. All policies are as they were."
# shows: {{ c.name }}, made anew, to {{ d.name }} is silence, dropped at {{ d.name }}'s cable; worker2 has no calico-node, so its sets still have {{ c.name }}'s old address.
on control kubectl -n kube-system patch daemonset calico-node --patch '{"spec": {"template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": "worker1"}}}}}'
undo on control kubectl -n kube-system rollout status daemonset/calico-node --timeout=60s
undo on control kubectl -n kube-system patch daemonset calico-node --patch '{"spec": {"template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": null}}}}}'
on control kubectl -n kube-system wait pod -l k8s-app=calico-node --field-selector spec.nodeName=worker2 --for=delete --timeout=30s
on control kubectl -n {{ ns }} delete pod {{ c.name }}
on control kubectl create --validate=false -f /root/pods.yaml -l app={{ c.name }}
on control kubectl -n {{ ns }} wait pod {{ c.name }} --for=condition=Ready --timeout=30s
