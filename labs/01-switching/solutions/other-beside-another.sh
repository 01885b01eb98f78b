# Another bridge, with another memory, stands beside it and has no part in this.
# like: reference
#: before first-two
on switch1 ip link add docker0 type bridge
on switch1 ip addr add 172.17.0.1/16 dev docker0
on switch1 ip link set docker0 up
