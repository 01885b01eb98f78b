# cause: wrong-path-type
# where: control
# report: "Calls of {{ site }}{{ path }} work. Everything below it comes to the wrong team's pods."
# shows: {{ path }} is answered by {{ c.name }}, {{ path }}/7 by {{ a.name }} or {{ b.name }}: the path's type is Exact.
if [ -n "$(on control kubectl get ingress -o name)" ]; then
    on control bash -c 'kubectl get ingress -o json | jq "(.items[].spec.rules[].http.paths[] | select(.path | startswith(\"{{ path }}\"))).pathType = \"Exact\"" | kubectl replace -f -'
    on client timeout 30 bash -c 'while curl -skL -m 2 --connect-to {{ site }}:443:{{ w1.address }}:30391 http://{{ site }}:32446{{ path }}/7 | grep {{ c.name }}; do :; done'
fi
