# cause: wrong-direction
# where: control
# report: "{{ c.name }} can't reach its database. The rule for it is there, we read it three times: to {{ d.name }}, port {{ d.port }}."
# shows: {{ c.name }} to {{ d.name }} is silence, dropped at {{ c.name }}'s cable on its way out: {{ c.name }}-out has policyTypes Ingress only, so its egress rules count for nothing.
on control kubectl -n {{ ns }} patch networkpolicy {{ c.name }}-out --type=merge -p '{"spec": {"policyTypes": ["Ingress"]}}'
