# cause: wrong-selector
# where: control
# report: "No name works, in the whole cluster: refused, at once. CoreDNS is running and says nothing."
# shows: kube-dns has no endpoints: its selector fits no pod.
on control kubectl -n kube-system patch service kube-dns --patch '{"spec": {"selector": {"k8s-app": "coredns"}}}'
undo on control kubectl -n kube-system patch service kube-dns --patch '{"spec": {"selector": {"k8s-app": "kube-dns"}}}'
for pod in {{ a.machine }} {{ b.machine }}; do
    on "$pod" timeout 20 bash -c 'while dig +tries=1 +timeout=1 @{{ kube_dns }} dns-version.cluster.local TXT >/dev/null; do :; done'
done
