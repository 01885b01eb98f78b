# A proxy by hand; the controller; the source's Ingress, its class mended; hosts and paths; TLS; the policy of the controller's Service.

# wait_served CODE URL CURL-WORDS…: the client gets this status, three times in a row
wait_served() {
    # shellcheck disable=SC2016  # expanded on the client
    on client timeout 30 bash -c 'seen=0; until [ $seen = 3 ]; do [ "$(curl -sk -m 2 -o /dev/null -w "%{http_code}" "${@:2}")" = "$1" ] && seen=$((seen + 1)) || seen=0; done' bash "$@"
}

# make WORDS…: `kubectl create ingress`, again while the controller's webhook does not answer yet
make() {
    # shellcheck disable=SC2016  # expanded on control
    on control timeout 30 bash -c 'until kubectl create ingress "$@"; do sleep 0.3; done' bash "$@"
}

# sign NAME: a new CA, and a certificate of it for this name
sign() {
    local new=(on control openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30)
    "${new[@]}" -subj /CN=my-ca -keyout /root/ca.key -out /root/ca.crt
    "${new[@]}" -CA /root/ca.crt -CAkey /root/ca.key -subj "/CN=$1" -addext "subjectAltName=DNS:$1" -addext basicConstraints=CA:FALSE -keyout /root/tls.key -out /root/tls.crt
}

#: by-hand core
on worker1 bash -c 'cat >/root/by-hand.conf' <<'END'
server {
    listen 8080;
    location / { proxy_pass http://{{ a.address }}:8080; }
    location {{ path }}/ { proxy_pass http://{{ c.address }}:8080; }
    location = {{ path }} { proxy_pass http://{{ c.address }}:8080; }
}
END
on worker1 daemon restart nginx port=8080 conf=/root/by-hand.conf

#: controller core
on control kubectl apply -f /root/ingress-nginx.yaml
on control kubectl -n ingress-nginx wait job --all --for=condition=Complete --timeout=60s
on control kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=60s

#: ingress core
on control kubectl create -f /root/ingress-resource.yaml

#: class core
on control kubectl patch ingress minimal-ingress --patch '{"spec": {"ingressClassName": "nginx"}}'

#: hosts core
on control kubectl delete ingress --all
on control kubectl create ingress shop --class=nginx --rule="{{ site }}/*={{ app }}-service:80"
on control kubectl create ingress {{ api }} --class=nginx --rule="{{ site }}{{ path }}*={{ api }}-service:80" --rule="status.{{ site }}/health={{ api }}-service:80"
wait_served 200 http://status.{{ site }}:32446/health

#: certificate core
sign {{ site }}

#: tls core
on control kubectl create secret tls shop-tls --cert=/root/tls.crt --key=/root/tls.key
on control kubectl patch ingress shop --patch '{"spec": {"tls": [{"hosts": ["{{ site }}"], "secretName": "shop-tls"}]}}'
wait_served 308 http://{{ site }}:32446/

#: local core
on control kubectl -n ingress-nginx patch service ingress-nginx-controller --patch '{"spec": {"externalTrafficPolicy": "Local"}}'
wait_served 200 https://{{ site }}:30391/

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on worker1 iptables -t raw -F PREROUTING
on control kubectl patch service {{ api }}-service --patch '{"spec": {"selector": {"app": "{{ api }}"}}}'
on control kubectl -n ingress-nginx patch service ingress-nginx-controller --patch '{"spec": {"externalTrafficPolicy": "Local"}}'
on control kubectl -n ingress-nginx patch deployment ingress-nginx-controller --patch '{"spec": {"replicas": 1, "template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": "worker1"}}}}}'
on control kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=60s
on control kubectl -n ingress-nginx delete secret shop-tls --ignore-not-found
on control bash -c 'kubectl create secret tls shop-tls --cert=/root/tls.crt --key=/root/tls.key --dry-run=client -o yaml | kubectl apply -f -'
on control kubectl delete ingress --all
make shop --class=nginx --rule="{{ site }}/*={{ app }}-service:80,tls=shop-tls"
make {{ api }} --class=nginx --rule="{{ site }}{{ path }}*={{ api }}-service:80" --rule="status.{{ site }}/health={{ api }}-service:80"
wait_served 200 http://status.{{ site }}:32446/health
wait_served 200 https://{{ site }}:30391{{ path }}/7
