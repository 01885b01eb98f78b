# The second pod has one container, and the host port is the pod's own.
# must fail: two_share_a_network, shop_answers_at_its_node
# like: reference
#: two-containers
on control kubectl run two --image=nginx
on control kubectl wait pod two --for=condition=Ready --timeout=60s
#: host-port
on control sed 's/8080/80/' /root/shop.yaml | on control kubectl apply -f -
on control kubectl wait pod shop --for=condition=Ready --timeout=60s
