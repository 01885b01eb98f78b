# cause: process-stopped | wrong-selector
# where: worker2 | control
# report: "We replaced {{ c.name }} this morning, by the very same file. It does not come up any more."
# shows: {{ c.name }} is in ContainerCreating; worker2 has no calico-node: the token that it gave the plugin went with it (Unauthorized), and nobody would write {{ c.name }}'s rules.
on control kubectl -n kube-system patch daemonset calico-node --patch '{"spec": {"template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": "worker1"}}}}}'
undo on control kubectl -n {{ ns }} wait pod {{ c.name }} --for=condition=Ready --timeout=60s
undo on control kubectl -n kube-system rollout status daemonset/calico-node --timeout=60s
undo on control kubectl -n kube-system patch daemonset calico-node --patch '{"spec": {"template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": null}}}}}'
on control kubectl -n kube-system wait pod -l k8s-app=calico-node --field-selector spec.nodeName=worker2 --for=delete --timeout=30s
on control kubectl -n {{ ns }} delete pod {{ c.name }}
on control kubectl create --validate=false -f /root/pods.yaml -l app={{ c.name }}
