# One policy denies both directions; names are let out by two, one for each protocol; what client may call is said by two that overlap.
# like: reference
#: deny-in
on control kubectl apply -f - <<'END'
{{- policy("deny", none, "Ingress, Egress") }}
END

#: out
on control kubectl apply -f /root/out.yaml
on control kubectl -n {{ ns }} delete networkpolicy deny-out
on control kubectl apply -f - <<'END'
{{- policy("first", a, "Egress") }}
  egress:
  - to: [{podSelector: {matchLabels: {app: {{ b.name }}}}}]
    ports: [{protocol: TCP, port: {{ b.port }}}]
END

#: names
on control kubectl apply -f - <<'END'
{%- for protocol in ["UDP", "TCP"] %}
{{- policy("names-" ~ protocol | lower, none, "Egress") }}
  egress:
  - to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    ports: [{protocol: {{ protocol }}, port: 53}]
{%- endfor %}
END
wait_calls
