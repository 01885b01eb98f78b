# No Ingress: a Gateway with two listeners, and HTTPRoutes; the redirect is a route too.
# like: reference
#: hosts
on control kubectl delete ingress --all
on control kubectl apply -f /root/gateway-api.yaml
on control kubectl wait crd --all --for=condition=Established --timeout=30s

#: tls
on control kubectl create secret tls shop-tls --cert=/root/tls.crt --key=/root/tls.key
on control bash -c 'kubectl create -f -' <<'END'
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: nginx}
spec: {controllerName: labkit.example/nginx-gateway}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: way-in}
spec:
  gatewayClassName: nginx
  listeners:
  - {name: http, protocol: HTTP, port: 80}
  - {name: https, protocol: HTTPS, port: 443, hostname: "{{ site }}", tls: {certificateRefs: [{name: shop-tls}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: way-in, sectionName: https}]
  hostnames: ["{{ site }}"]
  rules:
  - matches: [{path: {type: PathPrefix, value: {{ path }}}}]
    backendRefs: [{name: {{ api }}-service, port: 80}]
  - backendRefs: [{name: {{ app }}-service, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: to-https}
spec:
  parentRefs: [{name: way-in, sectionName: http}]
  hostnames: ["{{ site }}"]
  rules:
  - filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: status}
spec:
  parentRefs: [{name: way-in, sectionName: http}]
  hostnames: ["status.{{ site }}"]
  rules:
  - matches: [{path: {type: Exact, value: /health}}]
    backendRefs: [{name: {{ api }}-service, port: 80}]
END
wait_served 301 http://{{ site }}:32446/
