# A pod by kubectl; a pod by hand; the network add-on for the node that has none; a Deployment.

# wait_for_nodes: worker1 and worker2 take pods, and the add-on's pod runs on both
wait_for_nodes() {
    on control kubectl wait node worker1 worker2 --for=condition=Ready --timeout=60s
    on control bash -c 'until [ "$(kubectl -n kube-system get pods -l app=bridge -o jsonpath="{.items[?(@.status.phase==\"Running\")].metadata.name}" | wc -w)" -ge 2 ]; do sleep 0.2; done'
}

#: run core
on control kubectl run web --image=nginx
on control kubectl wait pod web --for=condition=Ready --timeout=60s

#: again core
on control kubectl delete pod web
on control kubectl run web --image=nginx
on control kubectl wait pod web --for=condition=Ready --timeout=60s

#: wish core
on control kubectl apply -f /root/api.yaml

#: sandbox core
on worker3 ip netns add api

#: plug core
export CNI_COMMAND=ADD CNI_CONTAINERID=api CNI_NETNS=/run/netns/api CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin
on worker3 jq '.plugins[0] + {cniVersion, name}' /etc/cni/net.d/10-bridge.conflist | on worker3 /opt/cni/bin/bridge

#: process core
on worker3 ip netns exec api daemon start nginx says="hello from api"

#: status core
address=$(on worker3 ip -n api -4 -j addr show eth0 | jq -r '.[0].addr_info[0].local')
on control kubectl patch pod api --subresource=status -p '{"status": {"phase": "Running", "podIP": "'"$address"'", "podIPs": [{"ip": "'"$address"'"}]}}'

#: addon core
on control kubectl apply -f /root/addon.yaml

#: host-network core
on control sed -i 's/^      serviceAccountName: bridge/      hostNetwork: true\n&/' /root/addon.yaml
on control kubectl apply -f /root/addon.yaml
wait_for_nodes

#: deployment core
on control kubectl create deployment db --image=nginx --replicas=3
on control kubectl rollout status deployment db --timeout=60s

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
for name in kube-controller-manager kube-scheduler; do
    on control daemon status "$name" >/dev/null || on control daemon start "$name"
done
for node in worker1 worker2; do
    on "$node" daemon status kubelet >/dev/null || on "$node" daemon start kubelet
    on "$node" ln -sf /usr/lib/cni/bridge /opt/cni/bin/bridge
done
on worker1 ip route replace {{ w2.prefix }} via {{ w2.address }}
on control bash -c 'kubectl taint node worker1 maintenance- || true'
on control kubectl set image deployment/db nginx=nginx
on control kubectl -n kube-system patch daemonset bridge --type=json -p '[{"op": "add", "path": "/spec/template/spec/nodeSelector", "value": {}}]'
on worker2 test -e /etc/cni/net.d/10-bridge.conflist || on control kubectl -n kube-system delete pod -l app=bridge --field-selector spec.nodeName=worker2
on control bash -c 'kubectl get pod web || kubectl run web --image=nginx'
wait_for_nodes
on control kubectl wait pod web --for=condition=Ready --timeout=60s
on control kubectl rollout status deployment db --timeout=60s

#: two-containers more
on control kubectl apply -f /root/two.yaml
on control kubectl wait pod two --for=condition=Ready --timeout=60s

#: host-port more
on control sed -i '/hostNetwork/d' /root/shop.yaml
on control kubectl apply -f /root/shop.yaml
on control kubectl wait pod shop --for=condition=Ready --timeout=60s
