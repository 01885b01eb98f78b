# cause: missing-address
# where: worker1 | worker1:cni0
# report: "The health checks of all pods fail. The pods themselves work together as ever."
# shows: the pods talk to each other; between them and the node nothing goes.
# shellcheck disable=SC2046  # the words of an address
on worker1 ip addr del $(own_address worker1 {{ gateway }})
