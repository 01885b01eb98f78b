# The Service picks one pod of two.
# must fail: pages_come_in, fault_repaired
# like: reference
# without: break to repair
#: after local
on control kubectl label pod {{ a.name }} one=yes
on control kubectl patch service {{ app }}-service --patch '{"spec": {"selector": {"one": "yes"}}}'
on control timeout 30 bash -c 'while kubectl get endpointslices -l kubernetes.io/service-name={{ app }}-service | grep ,; do :; done'
