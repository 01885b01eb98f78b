# Every node passes calls on, and masquerades them.
# must fail: pods_know_the_caller, fault_repaired
# like: reference
# without: break to repair
#: local
on control kubectl -n ingress-nginx patch service ingress-nginx-controller --patch '{"spec": {"externalTrafficPolicy": "Cluster"}}'
on client timeout 30 bash -c 'while curl -s -m 2 http://status.{{ site }}:32446/health | grep {{ client.address }}; do :; done'
