# cause: wrong-dns-policy
# where: {{ a.machine }}
# report: "client was made anew from an older file. It finds www.example.org, and no Service."
# shows: client has its node's resolv.conf (`dnsPolicy: Default`): neither kube-dns nor a search list.
on control bash -c 'sed "s/^spec:/spec:\n  dnsPolicy: Default/" /root/client.yaml | kubectl replace --force -f -'
undo on control kubectl -n {{ ns }} wait pod client --for=condition=Ready --timeout=60s
undo on control kubectl replace --force -f /root/client.yaml
on control kubectl -n {{ ns }} wait pod client --for=condition=Ready --timeout=60s
