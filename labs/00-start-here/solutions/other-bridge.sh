# As on a machine that has virtual machines of its own: the cable is a port of a bridge, and the bridge has the address.
# like: reference
#: first-ping
on {{ server.name }} ip link add br0 type bridge
on {{ server.name }} ip link set eth0 master br0
on {{ server.name }} ip link set br0 up
on {{ server.name }} ip addr add {{ server.address }}/24 dev br0

#: repair
on {{ server.name }} ip addr flush dev br0
on {{ server.name }} ip addr add {{ server.address }}/24 dev br0
on {{ server.name }} ip link set eth0 up
