# What comes in is denied by a global policy of Calico's own kind, and what client may call is said by one with an order and a Deny.
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

#: after names
on control kubectl -n {{ ns }} delete networkpolicy {{ a.name }}-out
on control calicoctl apply -f - <<'END'
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: guard, namespace: {{ ns }}}
spec:
  order: 100
  selector: app == '{{ a.name }}'
  types: [Egress]
  egress:
  - action: Allow
    protocol: TCP
    destination: {selector: app == '{{ b.name }}', ports: [{{ b.port }}]}
  - action: Allow
    protocol: UDP
    destination: {namespaceSelector: projectcalico.org/name == 'kube-system', selector: k8s-app == 'kube-dns', ports: [53]}
  - action: Allow
    protocol: TCP
    destination: {namespaceSelector: projectcalico.org/name == 'kube-system', selector: k8s-app == 'kube-dns', ports: [53]}
  - action: Deny
END
wait_calls
