# cause: policy-too-broad
# where: control
# report: "Nothing hangs. But the auditor sat down at {{ f.name }}, in {{ ops }}, and read the whole stock."
# shows: {{ f.name }} reaches {{ c.name }}: in the policy for {{ e.name }} namespaceSelector and podSelector are two elements, so one of them is enough.
on control kubectl -n {{ ns }} patch networkpolicy {{ c.name }}-{{ e.name }} --type=merge -p '{"spec": {"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "ops"}}}, {"podSelector": {"matchLabels": {"app": "{{ e.name }}"}}}], "ports": [{"protocol": "TCP", "port": {{ c.port }}}]}]}}'
