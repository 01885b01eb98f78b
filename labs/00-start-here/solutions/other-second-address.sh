# It is the second address of its prefix there, and one of another network stands beside it.
# like: reference
#: first-ping
on {{ server.name }} ip addr add {{ prefix | host(40) }}/24 brd + dev eth0
on {{ server.name }} ip addr add {{ server.address }}/24 dev eth0
on {{ server.name }} ip addr add 198.51.100.7/24 dev eth0

#: repair
on {{ server.name }} ip addr flush dev eth0
on {{ server.name }} ip addr add {{ prefix | host(40) }}/24 brd + dev eth0
on {{ server.name }} ip addr add {{ server.address }}/24 dev eth0
on {{ server.name }} ip link set eth0 up
