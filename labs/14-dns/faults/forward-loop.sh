# cause: forward-loop
# where: control
# report: "The new name server is entered for all names of the world. Since the restart at noon nothing has a name."
# shows: CoreDNS asks itself, sees its own question come back, and ends: CrashLoopBackOff, the log says Loop.
before=$(on control kubectl -n kube-system get cm coredns -o 'jsonpath={.data.Corefile}')
on control bash -c 'kubectl -n kube-system get cm coredns -o yaml | sed "s#forward . /etc/resolv.conf#forward . 127.0.0.1#" | kubectl replace -f -'
undo on control bash -c 'kubectl -n kube-system create cm coredns --from-literal=Corefile="$1" --dry-run=client -o yaml | kubectl replace -f - && kubectl -n kube-system delete pod -l k8s-app=kube-dns --now && kubectl -n kube-system rollout status deployment coredns --timeout=60s' bash "$before"$'\n'
on control kubectl -n kube-system delete pod -l k8s-app=kube-dns --now
on control timeout 30 bash -c 'until kubectl -n kube-system get pods -l k8s-app=kube-dns | grep -q -e Error -e CrashLoop; do :; done'
