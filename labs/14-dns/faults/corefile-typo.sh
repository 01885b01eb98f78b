# cause: corefile-typo
# where: control
# report: "Since last night no name works, in the whole cluster. Yesterday somebody tidied up, and it still worked."
# shows: both CoreDNS pods are in CrashLoopBackOff; their log names the line of the Corefile.
before=$(on control kubectl -n kube-system get cm coredns -o 'jsonpath={.data.Corefile}')
on control bash -c 'kubectl -n kube-system get cm coredns -o yaml | sed "s/ kubernetes cluster.local/ kubernets cluster.local/" | kubectl replace -f -'
undo on control bash -c 'kubectl -n kube-system create cm coredns --from-literal=Corefile="$1" --dry-run=client -o yaml | kubectl replace -f - && kubectl -n kube-system delete pod -l k8s-app=kube-dns --now && kubectl -n kube-system rollout status deployment coredns --timeout=60s' bash "$before"$'\n'
on control kubectl -n kube-system delete pod -l k8s-app=kube-dns --now
on control timeout 30 bash -c 'until kubectl -n kube-system get pods -l k8s-app=kube-dns | grep -q -e Error -e CrashLoop; do :; done'
