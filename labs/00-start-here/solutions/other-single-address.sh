# The address stands alone (/32); that the others are on this cable is said by a route.
# like: reference
#: first-ping
on {{ server.name }} ip addr add {{ server.address }}/32 dev eth0
on {{ server.name }} ip route add {{ prefix }} dev eth0

#: repair
on {{ server.name }} ip addr flush dev eth0
on {{ server.name }} ip link set eth0 up
on {{ server.name }} ip addr add {{ server.address }}/32 dev eth0
on {{ server.name }} ip route replace {{ prefix }} dev eth0
