# The third network is reached from the middle one by way of router1, which sends it back to the same cable.
# must fail: middle_goes_straight, fault_repaired
#: build core
on router1 ip addr add {{ a.gateway }}/24 dev eth0
on router1 ip addr add {{ b.gateway }}/24 dev eth1
on router1 sysctl -qw net.ipv4.ip_forward=1
on router1 ip route add {{ lan3 }} via {{ router2.address }}
on router2 ip route add {{ lan1 }} via {{ b.gateway }}
on {{ a.name }} ip route add default via {{ a.gateway }}
on {{ b.name }} ip route add default via {{ b.gateway }}
on {{ c.name }} ip route add default via {{ c.gateway }}
