# Selectors by matchExpressions; ports as ranges of one, and protocols left to what is TCP by default.
# like: reference
{%- macro let_in(pod, who) %}
{{- policy(pod.name, pod, "Ingress") }}
  ingress:
  - from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [{{ who.name }}, nobody]}]}}]
    ports: [{port: {{ pod.port }}, endPort: {{ pod.port }}}]
{%- endmacro %}
{%- macro let_monitor_in() %}
{{- policy(c.name ~ "-" ~ e.name, c, "Ingress") }}
  ingress:
  - from:
    - namespaceSelector: {matchExpressions: [{key: team, operator: Exists}, {key: kubernetes.io/metadata.name, operator: NotIn, values: [{{ ns }}]}]}
      podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [{{ f.name }}]}, {key: app, operator: Exists}]}
    ports: [{port: {{ c.port }}}]
{%- endmacro %}
#: monitor
on control kubectl apply -f - <<'END'
{{- let_monitor_in() }}
END
