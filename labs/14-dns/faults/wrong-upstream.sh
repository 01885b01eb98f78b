# cause: wrong-upstream
# where: control
# report: "Inside the cluster all is well. Addresses of the world are not found any more, or after seconds."
# shows: the world's names are SERVFAIL: CoreDNS forwards to an address where nobody answers.
before=$(on control kubectl -n kube-system get cm coredns -o 'jsonpath={.data.Corefile}')
on control bash -c 'kubectl -n kube-system get cm coredns -o yaml | sed "s#forward . /etc/resolv.conf#forward . {{ world | host(54) }}#" | kubectl replace -f -'
undo on control bash -c 'kubectl -n kube-system create cm coredns --from-literal=Corefile="$1" --dry-run=client -o yaml | kubectl replace -f - && kubectl -n kube-system delete pod -l k8s-app=kube-dns --now && kubectl -n kube-system rollout status deployment coredns --timeout=60s' bash "$before"$'\n'
on control kubectl -n kube-system delete pod -l k8s-app=kube-dns --now
on control kubectl -n kube-system rollout status deployment coredns --timeout=60s
for pod in {{ a.machine }} {{ b.machine }}; do
    on "$pod" timeout 20 bash -c 'for i in {1..6}; do until dig +tries=1 +timeout=1 @{{ kube_dns }} dns-version.cluster.local TXT >/dev/null; do :; done; done'
done
