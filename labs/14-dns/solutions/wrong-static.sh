# All names stand in the Corefile, which no longer asks the API.
# must fail: names_follow, fault_repaired
# like: reference
# without: break to repair
#: after company
service=$(on control kubectl -n {{ ns }} get service nginx-service -o 'jsonpath={.spec.clusterIP}')
one=$(on control kubectl -n {{ ns }} get pod db-0 -o 'jsonpath={.status.podIP}')
two=$(on control kubectl -n {{ ns }} get pod db-1 -o 'jsonpath={.status.podIP}')
on control bash -c "cat >/root/cluster.zone" <<END
cluster.local. 5 IN SOA ns hostmaster 1 7200 900 1209600 5
nginx-service.{{ ns }}.svc.cluster.local. 5 IN A $service
site.{{ ns }}.svc.cluster.local. 5 IN CNAME {{ site.name }}.
db.{{ ns }}.svc.cluster.local. 5 IN A $one
db.{{ ns }}.svc.cluster.local. 5 IN A $two
db-0.db.{{ ns }}.svc.cluster.local. 5 IN A $one
db-1.db.{{ ns }}.svc.cluster.local. 5 IN A $two
dns-version.cluster.local. 5 IN TXT "1.1.0"
_sql._tcp.db.{{ ns }}.svc.cluster.local. 5 IN SRV 0 50 5432 db-0.db.{{ ns }}.svc.cluster.local.
_sql._tcp.db.{{ ns }}.svc.cluster.local. 5 IN SRV 0 50 5432 db-1.db.{{ ns }}.svc.cluster.local.
END
on control bash -c 'sed -i "/^    kubernetes/,/^    }/d; s#^    prometheus#    file /etc/coredns/cluster.zone cluster.local\n&#" /root/Corefile'
on control bash -c 'kubectl -n kube-system create cm coredns --from-file=/root/Corefile --from-file=/root/cluster.zone --dry-run=client -o yaml | kubectl replace -f -'
on control bash -c "kubectl -n kube-system patch deployment coredns --type=json -p '[{\"op\": \"remove\", \"path\": \"/spec/template/spec/volumes/0/configMap/items\"}]'"
wait_dns
