# kube-proxy on worker1 only.
# must fail: every_node_serves, pods_reach_themselves, outside_is_served, nobody_is_said_at_once, fault_repaired
# like: reference
# without: break to repair
#: kube-proxy
on control bash -c 'sed "s/hostNetwork: true/&\n      nodeSelector: {kubernetes.io\/hostname: worker1}/" /root/kube-proxy.yaml | kubectl apply -f -'
on worker1 timeout 20 bash -c 'until curl -sf -m 2 -o /dev/null http://{{ service }}; do :; done'

#: node-port
on control kubectl patch service {{ app }} --patch '{"spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": {{ node_port }}}]}}'
on outside timeout 20 bash -c 'until curl -sf -m 2 -o /dev/null http://{{ w1.address }}:{{ node_port }}; do :; done'
