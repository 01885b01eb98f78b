# Everybody of the namespace may call web, api and db.
# must fail: shop_is_served, fault_repaired
# like: reference
# without: out to repair
{%- macro let_in(pod, who) %}
{{- policy(pod.name, pod, "Ingress") }}
  ingress:
  - from: [{podSelector: {}}]
    ports: [{protocol: TCP, port: {{ pod.port }}}]
{%- endmacro %}
#: monitor
on control kubectl apply -f - <<'END'
{{- let_monitor_in() }}
{{- policy("deny-out", none, "Egress") }}
  egress:
  - to: [{podSelector: {}}]
{{- let_names_out() }}
END
