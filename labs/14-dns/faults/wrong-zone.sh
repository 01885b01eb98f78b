# cause: wrong-zone
# where: control
# report: "No Service is found by its name any more. www.example.org is."
# shows: every name of cluster.local is NXDOMAIN: the Corefile gives the kubernetes plugin another zone.
before=$(on control kubectl -n kube-system get cm coredns -o 'jsonpath={.data.Corefile}')
on control bash -c 'kubectl -n kube-system get cm coredns -o yaml | sed "s/ kubernetes cluster.local/ kubernetes cluster.internal/" | kubectl replace -f -'
undo on control bash -c 'kubectl -n kube-system create cm coredns --from-literal=Corefile="$1" --dry-run=client -o yaml | kubectl replace -f - && kubectl -n kube-system delete pod -l k8s-app=kube-dns --now && kubectl -n kube-system rollout status deployment coredns --timeout=60s' bash "$before"$'\n'
on control kubectl -n kube-system delete pod -l k8s-app=kube-dns --now
on control kubectl -n kube-system rollout status deployment coredns --timeout=60s
