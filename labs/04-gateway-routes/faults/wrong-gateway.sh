# cause: wrong-gateway
# where: worker1
# shows: worker1 asks by ARP for a next hop that nobody answers for.
on worker1 ip route flush to exact {{ w3.prefix }}
on worker1 ip route add {{ w3.prefix }} via {{ lan | host(99) }}
