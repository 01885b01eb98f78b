# A policy for each pod, which says both directions; those of api in two rules, by a named port.
# like: reference
# without: api to monitor
{%- macro both(pod, calls) %}
{{- policy(pod.name, pod, "Ingress, Egress") }}
  egress:
  - to: [{podSelector: {matchLabels: {app: {{ calls.name }}}}}]
    ports: [{protocol: TCP, port: {{ calls.port }}}]
  ingress:
{%- endmacro %}
#: web
on control kubectl apply -f - <<'END'
{{- policy(a.name, a, "Egress") }}
  egress:
  - to: [{podSelector: {matchLabels: {app: {{ b.name }}}}}]
    ports: [{protocol: TCP, port: {{ b.port }}}]
{{- both(b, c) }}
  - from: [{podSelector: {matchLabels: {app: {{ a.name }}}}}]
    ports: [{protocol: TCP, port: http}]
{{- both(c, d) }}
  - from: [{podSelector: {matchLabels: {app: {{ b.name }}}}}]
    ports: [{protocol: TCP, port: {{ c.port }}}]
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ ops }}}}
      podSelector: {matchLabels: {app: {{ e.name }}}}
    ports: [{protocol: TCP, port: {{ c.port }}}]
{{- let_in(d, c) }}
END

#: out
on control kubectl apply -f - <<'END'
{{- policy("deny-out", none, "Egress") }}
END
