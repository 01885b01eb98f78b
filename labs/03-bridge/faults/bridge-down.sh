# cause: bridge-down
# where: worker1 | worker1:cni0
# report: "Since the restart no pod on this node reaches anybody."
# shows: no pod reaches any other, though every cable is up.
on worker1 ip link set cni0 down
