# The line with the right name is there; another one is used, by a second cable.
# must fail: links_have_calicos_names, fault_repaired
# like: reference
# without: break to repair
#: after plugin
on {{ w1.name }} ip link add veth-a type veth peer name eth1 netns {{ a.name }}
on {{ w1.name }} ip link set veth-a up
on {{ a.name }} ip link set eth1 up
on {{ w1.name }} ip route add {{ a.address }} dev veth-a table 100
on {{ w1.name }} ip rule add to {{ a.address }} lookup 100
