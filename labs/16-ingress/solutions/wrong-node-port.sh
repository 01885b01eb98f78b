# No controller: a node port of the Service itself.
# must fail: pages_come_in, paths_lead_to_api, fault_repaired
# like: reference
# without: controller to repair
#: by-hand
on worker1 bash -c 'cat >/root/by-hand.conf' <<'END'
server {
    listen 8080;
    location / { proxy_pass http://{{ a.address }}:8080; }
    location {{ path }}/ { proxy_pass http://{{ c.address }}:8080; }
    location = {{ path }} { proxy_pass http://{{ c.address }}:8080; }
}
END
on worker1 daemon restart nginx port=8080 conf=/root/by-hand.conf
on control kubectl patch service {{ app }}-service --patch '{"spec": {"type": "NodePort", "ports": [{"port": 80, "targetPort": 8080, "nodePort": 32446}]}}'
wait_served 200 http://{{ site }}:32446/
