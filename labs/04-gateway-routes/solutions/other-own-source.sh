# Every node names its own address in the pods' network as the source of what it says itself, and its next hop as being on the cable.
# like: reference
#: first-route
on worker1 ip route add {{ w2.prefix }} via {{ w2.address }} dev eth0 src {{ a.gateway }} onlink

#: way-back
on worker2 ip route add {{ w1.prefix }} via {{ w1.address }} dev eth0 src {{ b.gateway }} onlink

#: full-mesh
on worker1 ip route add {{ w3.prefix }} via {{ w3.address }} dev eth0 src {{ a.gateway }} onlink
on worker2 ip route add {{ w3.prefix }} via {{ w3.address }} dev eth0 src {{ b.gateway }} onlink
on worker3 ip route add {{ w1.prefix }} via {{ w1.address }} dev eth0 src {{ c.gateway }} onlink
on worker3 ip route add {{ w2.prefix }} via {{ w2.address }} dev eth0 src {{ c.gateway }} onlink
