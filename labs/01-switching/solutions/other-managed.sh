# A switch with a MAC and an address of its own for its administrator, that spreads multicast like broadcast.
# like: reference
#: first-two
on switch1 ip link add br0 address 02:00:00:00:00:fe type bridge mcast_snooping 0
on switch1 ip addr add {{ prefix | host(2) }}/24 dev br0
on switch1 ip link set br0 up
on switch1 ip link set {{ a.port }} master br0
on switch1 ip link set {{ b.port }} master br0
