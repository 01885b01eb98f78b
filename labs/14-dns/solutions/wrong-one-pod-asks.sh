# client alone gets another name server, the company's: the cluster's names mean nothing to it.
# must fail: short_names_do, fault_repaired
# like: reference
# without: break to repair
#: after company
on control bash -c 'sed "s/^spec:/spec:\n  dnsPolicy: None\n  dnsConfig: {nameservers: [{{ ns2.address }}]}/" /root/client.yaml | kubectl replace --force -f -'
on control kubectl -n {{ ns }} wait pod client --for=condition=Ready --timeout=60s
