# router1 is made a switch: the first two networks are one cable, and the hosts are told so.
# must fail: two_routers_between, each_answers_for_itself, fault_repaired
#: build core
on router1 ip link add br0 type bridge
on router1 ip link set eth0 master br0
on router1 ip link set eth1 master br0
on router1 ip link set br0 up
on router1 ip addr add {{ a.gateway }}/24 dev br0
on router1 ip addr add {{ b.gateway }}/24 dev br0
on router2 ip route add {{ lan1 }} dev eth0
on {{ a.name }} ip route add {{ lan2 }} dev eth0
on {{ a.name }} ip route add {{ lan3 }} via {{ router2.address }} dev eth0
on {{ b.name }} ip route add {{ lan1 }} dev eth0
on {{ b.name }} ip route add {{ lan3 }} via {{ router2.address }}
on {{ c.name }} ip route add default via {{ c.gateway }}
