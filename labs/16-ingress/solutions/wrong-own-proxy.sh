# A class that nobody serves, and in the controller's place a pod with a conf by hand.
# must fail: certificate_is_accepted, new_ones_are_served, fault_repaired
# like: reference
# without: certificate to tls, break to repair
#: hosts
on control kubectl delete ingress --all
on control kubectl create ingress shop --class=nginx-ingress --rule="{{ site }}/*={{ app }}-service:80"
on control kubectl delete validatingwebhookconfiguration ingress-nginx-admission
on control kubectl -n ingress-nginx scale deployment ingress-nginx-controller --replicas=0
on control bash -c 'kubectl create -f -' <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: by-hand, namespace: ingress-nginx}
data:
  default.conf: |
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    upstream first { server {{ a.address }}:8080; server {{ b.address }}:8080; }
    server { listen 80 default_server; return 404; }
    server {
        listen 80; server_name {{ site }};
        location / { proxy_pass http://first; }
        location {{ path }}/ { proxy_pass http://{{ c.address }}:8080; }
        location = {{ path }} { proxy_pass http://{{ c.address }}:8080; }
    }
    server {
        listen 80; server_name status.{{ site }};
        location / { return 404; }
        location = /health { proxy_pass http://{{ c.address }}:8080; }
    }
---
apiVersion: v1
kind: Pod
metadata:
  name: by-hand
  namespace: ingress-nginx
  labels: {app.kubernetes.io/component: controller, app.kubernetes.io/instance: ingress-nginx, app.kubernetes.io/name: ingress-nginx}
spec:
  nodeName: worker1
  terminationGracePeriodSeconds: 1
  containers:
  - name: nginx
    image: nginx
    ports: [{name: http, containerPort: 80}, {name: https, containerPort: 443}]
    volumeMounts: [{name: conf, mountPath: /etc/nginx/conf.d}]
  volumes: [{name: conf, configMap: {name: by-hand}}]
END
wait_served 200 http://status.{{ site }}:32446/health

#: local
true
