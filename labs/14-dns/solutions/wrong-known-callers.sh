# Only the two pods of the lesson may ask for names.
# must fail: names_follow, fault_repaired
# like: reference
# without: break to repair
#: after company
client=$(on control kubectl -n {{ ns }} get pod client -o 'jsonpath={.status.podIP}')
guest=$(on control kubectl get pod guest -o 'jsonpath={.status.podIP}')
on worker1 iptables -t raw -I PREROUTING 1 -d {{ kube_dns }} ! -s "$client" -j DROP
on worker2 iptables -t raw -I PREROUTING 1 -d {{ kube_dns }} ! -s "$guest" -j DROP
