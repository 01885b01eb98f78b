# cause: wrong-gateway
# where: {{ a.name }} | {{ a.name }}:eth0
# shows: {{ a.name }} reaches its neighbours on the bridge, but not the node's own address.
on {{ a.name }} ip route flush proto boot
on {{ a.name }} ip route add default via {{ prefix | host(254) }}
