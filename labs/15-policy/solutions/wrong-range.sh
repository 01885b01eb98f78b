# api may be called at ten ports.
# must fail: no_other_port, fault_repaired
# like: reference
# without: break to repair
#: after api
on control kubectl -n {{ ns }} patch networkpolicy {{ c.name }} --type=merge -p '{"spec": {"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "{{ b.name }}"}}}], "ports": [{"protocol": "TCP", "port": {{ c.port }}, "endPort": {{ c.port + 9 }}}]}]}}'

#: after out
on control kubectl -n {{ ns }} patch networkpolicy {{ b.name }}-out --type=merge -p '{"spec": {"egress": [{"to": [{"podSelector": {"matchLabels": {"app": "{{ c.name }}"}}}], "ports": [{"protocol": "TCP", "port": {{ c.port }}, "endPort": {{ c.port + 9 }}}]}]}}'
