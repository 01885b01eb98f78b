# cause: wrong-selector
# where: control
# report: "Nothing can be ordered: {{ c.name }} says that the database is away. {{ d.name }} says that nobody has called since noon."
# shows: {{ c.name }} to {{ d.name }} is silence, dropped at {{ d.name }}'s cable: its policy lets in app={{ c.name }}-v2, a label that no pod has.
on control kubectl -n {{ ns }} patch networkpolicy {{ d.name }} --type=merge -p '{"spec": {"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "{{ c.name }}-v2"}}}], "ports": [{"protocol": "TCP", "port": {{ d.port }}}]}]}}'
