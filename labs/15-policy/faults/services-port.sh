# cause: wrong-port
# where: control
# report: "{{ b.name }} gets no answer from {{ c.name }} since somebody corrected a typing error in a policy: 'The Service has port 80!'"
# shows: {{ b.name }} to {{ c.name }} is silence, dropped at {{ c.name }}'s cable: its policy names port 80, which is the Service's; the pod's is {{ c.port }}.
on control kubectl -n {{ ns }} patch networkpolicy {{ c.name }} --type=merge -p '{"spec": {"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "{{ b.name }}"}}}], "ports": [{"protocol": "TCP", "port": 80}]}]}}'
