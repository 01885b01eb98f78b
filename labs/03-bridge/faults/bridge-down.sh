# cause: bridge-down
# where: worker1 | worker1:cni0
# shows: no pod reaches any other, though every cable is up.
on worker1 ip link set cni0 down
