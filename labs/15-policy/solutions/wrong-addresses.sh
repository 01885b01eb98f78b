# web lets in the address that client has today, and api that of web.
# must fail: later_pods_too, fault_repaired
# like: reference
# without: break to repair
#: after names
{%- for pod, who in [(b, a), (c, b)] %}
address=$(on control kubectl -n {{ ns }} get pod {{ who.name }} -o 'jsonpath={.status.podIP}')
on control kubectl -n {{ ns }} patch networkpolicy {{ pod.name }} --type=merge -p '{"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "'"$address"'/32"}}], "ports": [{"protocol": "TCP", "port": {{ pod.port }}}]}]}}'
{%- endfor %}
wait_calls
