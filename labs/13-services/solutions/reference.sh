# The Service by hand on worker1, one pod, then two; then kube-proxy in the place of the own rules, and a node port.

# wait_rules: kube-proxy has written on every node what the API says now
wait_rules() {
    on control kubectl -n kube-system rollout status daemonset/kube-proxy --timeout=60s
    for node in worker1 worker2; do
        on "$node" timeout 20 bash -c 'until curl -sf -m 2 -o /dev/null http://{{ service }}; do :; done'
    done
}

#: one-pod core
on worker1 iptables -t nat -A PREROUTING -d {{ service }} -p tcp --dport 80 -j DNAT --to-destination {{ a.address }}:8080

#: two-pods core
on worker1 iptables -t nat -N BY-HAND
on worker1 iptables -t nat -A BY-HAND -p tcp -m statistic --mode random --probability 0.5 -j DNAT --to-destination {{ a.address }}:8080
on worker1 iptables -t nat -A BY-HAND -p tcp -j DNAT --to-destination {{ b.address }}:8080
on worker1 iptables -t nat -R PREROUTING 1 -d {{ service }} -p tcp --dport 80 -j BY-HAND

#: kube-proxy core
on control kubectl apply -f /root/kube-proxy.yaml
wait_rules

#: take-away core
on worker1 iptables -t nat -D PREROUTING -d {{ service }} -p tcp --dport 80 -j BY-HAND
on worker1 iptables -t nat -F BY-HAND
on worker1 iptables -t nat -X BY-HAND

#: node-port core
on control kubectl patch service {{ app }} --patch '{"spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": {{ node_port }}}]}}'
for node in {{ w1.address }} {{ w2.address }}; do
    on outside timeout 20 bash -c "until curl -sf -m 2 -o /dev/null http://$node:{{ node_port }}; do :; done"
done

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on control kubectl patch service {{ app }} --patch '{"spec": {"selector": {"app": "{{ app }}"}, "ports": [{"port": 80, "targetPort": 8080}]}}'
on control kubectl exec {{ b.name }} -- rm -f /tmp/busy
on control kubectl -n kube-system patch daemonset kube-proxy --patch '{"spec": {"template": {"spec": {"nodeSelector": null}}}}'
on worker2 sysctl -qw net.ipv4.ip_forward=1
on worker2 ip route replace {{ w1.prefix }} via {{ w1.address }}
on worker1 sysctl -qw net.bridge.bridge-nf-call-iptables=1
on worker1 iptables -t raw -F PREROUTING
on worker1 iptables -t nat -D PREROUTING -d {{ service }}/32 -p tcp --dport 80 -j DNAT --to-destination {{ w1.prefix | host(99) }}:8080 2>/dev/null || true
on worker1 iptables -t nat -D POSTROUTING -p tcp --dport 8080 -j MASQUERADE 2>/dev/null || true
on control kubectl wait pod --all --for=condition=Ready --timeout=60s
wait_rules
