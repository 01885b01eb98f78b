# db is guarded by Calico's own kind, with an order, a Deny and a Pass at its end that nobody comes to; what the namespace denies by a global one.
# like: reference
#: deny-in
on control calicoctl apply -f - <<'END'
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: deny-in}
spec:
  order: 2000
  namespaceSelector: projectcalico.org/name == '{{ ns }}'
  types: [Ingress]
END

#: api
on control kubectl apply -f - <<'END'
{{- let_in(c, b) }}
END
on control calicoctl apply -f - <<'END'
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: guard, namespace: {{ ns }}}
spec:
  order: 100
  selector: app == '{{ d.name }}'
  types: [Ingress]
  ingress:
  - action: Allow
    protocol: TCP
    source: {selector: app == '{{ c.name }}'}
    destination: {ports: [{{ d.port }}]}
  - action: Deny
END
