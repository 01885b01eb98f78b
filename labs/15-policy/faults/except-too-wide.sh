# cause: wrong-except
# where: control
# report: "We shut out one range of bad addresses at {{ b.name }}, and since then our own customers are gone."
# shows: {{ a.name }} to {{ b.name }} is silence, dropped at {{ b.name }}'s cable; the policy lets in all but a range in which {{ a.name }} is.
address=$(on control kubectl -n {{ ns }} get pod {{ a.name }} -o 'jsonpath={.status.podIP}')
on control kubectl -n {{ ns }} patch networkpolicy {{ b.name }} --type=merge -p '{"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "{{ pods }}", "except": ["'"${address%.*}"'.0/24"]}}], "ports": [{"protocol": "TCP", "port": {{ b.port }}}]}]}}'
