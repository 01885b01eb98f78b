# Port 8080 of the node is a server of the node's own; the pod has no part in it.
# must fail: shop_answers_at_its_node
# like: reference
#: host-port
on control kubectl run shop --image=nginx --overrides='{"spec": {"nodeName": "worker1"}}'
on control kubectl wait pod shop --for=condition=Ready --timeout=60s
on worker1 daemon start nginx port=8080
