# A Service's name, CoreDNS's log, a headless Service, a server block for the company's names; then an alias.

# serve: /root/Corefile is CoreDNS's now, in new pods of the same Deployment
serve() {
    on control bash -c 'kubectl -n kube-system create cm coredns --from-file=/root/Corefile --dry-run=client -o yaml | kubectl replace -f -'
    on control kubectl -n kube-system delete pod -l k8s-app=kube-dns --now
    wait_dns
}

# wait_dns: both pods of CoreDNS are ready, and every node's rules lead to them
wait_dns() {
    on control kubectl -n kube-system rollout status deployment coredns --timeout=60s
    for pod in {{ a.machine }} {{ b.machine }}; do
        on "$pod" timeout 60 bash -c 'for i in {1..6}; do until dig +tries=1 +timeout=1 @{{ kube_dns }} dns-version.cluster.local TXT >/dev/null; do :; done; done'
    done
}

#: service core
on control kubectl expose pod nginx --name=nginx-service --port 80 -n {{ ns }}

#: log core
on control bash -c 'kubectl -n kube-system get cm coredns -o jsonpath={.data.Corefile} >/root/Corefile'
on control sed -i 's/^    errors/    log\n&/' /root/Corefile

#: headless core
on control sed -i '/clusterIP/d; s/^spec:/spec:\n  clusterIP: None/' /root/db.yaml
on control kubectl apply -f /root/db.yaml

#: company core
on control bash -c 'cat >>/root/Corefile' <<'END'
{{ zone }}:53 {
    errors
    cache 30
    forward . {{ ns2.address }}
}
END
serve

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on worker1 iptables -t raw -F PREROUTING
on worker1 ip route replace {{ w2.prefix }} via {{ w2.address }}
on control kubectl -n {{ ns }} patch service db --patch '{"spec": {"selector": {"app": "db"}}}'
on control kubectl -n kube-system patch service kube-dns --patch '{"spec": {"selector": {"k8s-app": "kube-dns"}}}'
on control bash -c 'kubectl -n {{ ns }} get service nginx-service || kubectl expose pod nginx --name=nginx-service --port 80 -n {{ ns }}'
on control kubectl delete service nginx-service --ignore-not-found
if ! on worker2 grep -q {{ kube_dns }} /var/lib/kubelet/config.yaml; then
    on worker2 sed -i 's/^clusterDNS: .*/clusterDNS: [{{ kube_dns }}]/' /var/lib/kubelet/config.yaml
    on worker2 daemon stop kubelet
    on worker2 daemon start kubelet
    on control bash -c 'kubectl replace --force -f /root/guest.yaml'
fi
on control bash -c 'kubectl -n {{ ns }} get pod client -o jsonpath={.spec.dnsPolicy} | grep -q ClusterFirst || kubectl replace --force -f /root/client.yaml'
if ! on control bash -c 'kubectl -n kube-system get cm coredns -o jsonpath={.data.Corefile} | cmp -s - /root/Corefile'; then
    serve
fi
on control kubectl -n {{ ns }} wait pod --all --for=condition=Ready --timeout=60s
on control kubectl wait pod guest --for=condition=Ready --timeout=60s
wait_dns

#: alias more
on control bash -c 'kubectl -n {{ ns }} get service site || kubectl -n {{ ns }} create service externalname site --external-name {{ site.name }}'
