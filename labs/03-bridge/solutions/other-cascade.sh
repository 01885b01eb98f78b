# The third pod hangs on a bridge of its own, which a cable joins with cni0.
# like: reference
#: after third-pod
on worker1 ip link add br1 type bridge
on worker1 ip link add up1 type veth peer name down1
on worker1 ip link set up1 master cni0 up
on worker1 ip link set down1 master br1 up
on worker1 ip link set br1 up
on worker1 ip link set veth-{{ c.name }} master br1
