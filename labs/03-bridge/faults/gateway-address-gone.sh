# cause: missing-address
# where: worker1 | worker1:cni0
# shows: the pods talk to each other; between them and the node nothing goes.
on worker1 ip addr del {{ gateway }}/24 dev cni0
