# Deny what comes in; let client, web, api, db call each other in this order, and monitor api; deny what goes out but for that, and names.
{%- macro policy(name, pod, direction) %}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: {{ name }}, namespace: {{ ns }}}
spec:
  podSelector: {{ "{matchLabels: {app: " ~ pod.name ~ "}}" if pod else "{}" }}
  policyTypes: [{{ direction }}]
{%- endmacro %}
{%- macro let_in(pod, who) %}
{{- policy(pod.name, pod, "Ingress") }}
  ingress:
  - from: [{podSelector: {matchLabels: {app: {{ who.name }}}}}]
    ports: [{protocol: TCP, port: {{ pod.port }}}]
{%- endmacro %}
{%- macro let_monitor_in() %}
{{- policy(c.name ~ "-" ~ e.name, c, "Ingress") }}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {team: ops}}
      podSelector: {matchLabels: {app: {{ e.name }}}}
    ports: [{protocol: TCP, port: {{ c.port }}}]
{%- endmacro %}
{%- macro let_names_out() %}
{{- policy("names", none, "Egress") }}
  egress:
  - to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
{%- endmacro %}

# wait_calls: the nodes' rules are so far that the chain of calls works, and the closed way is closed
wait_calls() {
    on {{ a.machine }} timeout 30 bash -c 'until curl -sf -m 2 -o /dev/null http://{{ b.name }}; do :; done'
    on {{ b.machine }} timeout 30 bash -c 'until curl -sf -m 2 -o /dev/null http://{{ c.name }}; do :; done'
    on {{ c.machine }} timeout 30 bash -c 'until curl -sf -m 2 -o /dev/null http://{{ d.name }}:{{ d.service }}; do :; done'
}

#: deny-in core
on control kubectl apply -f - <<'END'
{{- policy("deny-in", none, "Ingress") }}
END

#: web core
on control kubectl apply -f - <<'END'
{{- let_in(b, a) }}
END

#: api core
on control kubectl apply -f - <<'END'
{{- let_in(c, b) }}
{{- let_in(d, c) }}
END

#: monitor core
on control kubectl apply -f - <<'END'
{{- let_monitor_in() }}
END

#: out core
on control kubectl apply -f /root/out.yaml

#: names core
on control kubectl apply -f - <<'END'
{{- let_names_out() }}
END
wait_calls

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on control kubectl apply -f - <<'END'
{{- let_in(b, a) }}
{{- let_in(c, b) }}
{{- let_in(d, c) }}
{{- let_monitor_in() }}
{{- let_names_out() }}
END
on control kubectl apply -f /root/out.yaml
on control kubectl delete networkpolicy --all
on control kubectl -n kube-system patch daemonset calico-node --patch '{"spec": {"template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": null}}}}}'
on control kubectl -n kube-system rollout status daemonset/calico-node --timeout=60s
on control kubectl -n {{ ns }} wait pod --all --for=condition=Ready --timeout=60s
on control kubectl label namespace {{ ops }} team=ops --overwrite
on worker2 iptables -D FORWARD -p tcp --dport {{ d.port }} -j DROP 2>/dev/null || true
wait_calls

#: outside more
on control kubectl -n {{ ns }} patch service {{ b.name }} --patch '{"spec": {"type": "NodePort", "externalTrafficPolicy": "Local", "ports": [{"port": 80, "nodePort": {{ node_port }}}]}}'
on control kubectl apply -f - <<'END'
{{- policy(b.name ~ "-world", b, "Ingress") }}
  ingress:
  - from:
    - ipBlock:
        cidr: {{ world }}
        except: [{{ h.address }}/32]
    ports: [{protocol: TCP, port: {{ b.port }}}]
END
on {{ g.name }} timeout 30 bash -c 'until curl -sf -m 2 -o /dev/null http://{{ w1.address }}:{{ node_port }}; do :; done'
