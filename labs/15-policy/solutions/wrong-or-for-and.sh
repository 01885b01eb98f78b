# Two elements in place of one: every pod of ops may call api, and every pod called monitor.
# must fail: monitor_calls_api, fault_repaired
# like: reference
# without: break to repair
#: after monitor
on control kubectl -n {{ ns }} patch networkpolicy {{ c.name }}-{{ e.name }} --type=merge -p '{"spec": {"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "ops"}}}, {"podSelector": {"matchLabels": {"app": "{{ e.name }}"}}}], "ports": [{"protocol": "TCP", "port": {{ c.port }}}]}]}}'
