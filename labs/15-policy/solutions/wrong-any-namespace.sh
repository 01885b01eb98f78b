# A monitor of whatever namespace may call api.
# must fail: later_pods_too, fault_repaired
# like: reference
# without: break to repair
#: after monitor
on control kubectl -n {{ ns }} patch networkpolicy {{ c.name }}-{{ e.name }} --type=merge -p '{"spec": {"ingress": [{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "{{ e.name }}"}}}], "ports": [{"protocol": "TCP", "port": {{ c.port }}}]}]}}'
