# client and db have one policy each for both directions, web is called by its port's name, and the other namespace is known by its name.
# like: reference
#: web
on control kubectl apply -f - <<'END'
{{- policy(a.name, a, "Ingress, Egress") }}
  egress:
  - to: [{podSelector: {matchLabels: {app: {{ b.name }}}}}]
    ports: [{protocol: TCP, port: http}]
{{- policy(b.name, b, "Ingress") }}
  ingress:
  - from: [{podSelector: {matchLabels: {app: {{ a.name }}}}}]
    ports: [{protocol: TCP, port: http}]
END

#: api
on control kubectl apply -f - <<'END'
{{- let_in(c, b) }}
{{- policy(d.name, d, "Ingress, Egress") }}
  ingress:
  - from: [{podSelector: {matchLabels: {app: {{ c.name }}}}}]
    ports: [{protocol: TCP, port: http}]
END

#: monitor
on control kubectl apply -f - <<'END'
{{- policy(c.name ~ "-" ~ e.name, c, "Ingress") }}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ ops }}}}
      podSelector: {matchLabels: {app: {{ e.name }}}}
    ports: [{protocol: TCP, port: {{ c.port }}}]
END

#: after out
on control kubectl -n {{ ns }} delete networkpolicy {{ a.name }}-out
