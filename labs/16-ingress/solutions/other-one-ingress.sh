# One Ingress for all, from a file, with its certificate from the beginning.
# like: reference
#: hosts
on control kubectl delete ingress --all

#: tls
on control kubectl create secret tls any-name --cert=/root/tls.crt --key=/root/tls.key
on control bash -c 'kubectl create -f -' <<'END'
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: everything}
spec:
  ingressClassName: nginx
  tls: [{hosts: ["{{ site }}"], secretName: any-name}]
  rules:
  - host: "status.{{ site }}"
    http:
      paths:
      - {path: /health, pathType: Exact, backend: {service: {name: {{ api }}-service, port: {number: 80}}}}
  - host: "{{ site }}"
    http:
      paths:
      - {path: {{ path }}, pathType: Prefix, backend: {service: {name: {{ api }}-service, port: {number: 80}}}}
      - {path: /, pathType: Prefix, backend: {service: {name: {{ app }}-service, port: {number: 80}}}}
END
wait_served 308 http://{{ site }}:32446/
