# cause: wrong-vni
# where: worker3:flannel.1 | worker3
# shows: nobody reaches {{ w3.pod }}; wrapped packets arrive on worker3 and are not unwrapped.
on worker3 ip link del flannel.1
on worker3 ip link add flannel.1 address {{ w3.mac }} type vxlan id 2 dev eth0 local {{ w3.address }} dstport 8472 nolearning
on worker3 ip addr add {{ w3.prefix | host(0) }}/32 dev flannel.1
on worker3 ip link set flannel.1 up
on worker3 ip neigh add {{ w1.prefix | host(0) }} lladdr {{ w1.mac }} dev flannel.1
on worker3 ip neigh add {{ w2.prefix | host(0) }} lladdr {{ w2.mac }} dev flannel.1
on worker3 bridge fdb add {{ w1.mac }} dev flannel.1 dst {{ w1.address }}
on worker3 bridge fdb add {{ w2.mac }} dev flannel.1 dst {{ w2.address }}
on worker3 ip route add {{ w1.prefix }} via {{ w1.prefix | host(0) }} dev flannel.1 onlink
on worker3 ip route add {{ w2.prefix }} via {{ w2.prefix | host(0) }} dev flannel.1 onlink
