# It works, with the last address of each network for router1 instead of the first.
# must fail: gateways_answer, fault_repaired
#: build core
on router1 ip addr add {{ lan1 | interface(254) }} dev eth0
on router1 ip addr add {{ lan2 | interface(254) }} dev eth1
on router1 sysctl -qw net.ipv4.ip_forward=1
on router1 ip route add {{ lan3 }} via {{ router2.address }}
on router2 ip route add {{ lan1 }} via {{ lan2 | host(254) }}
on {{ a.name }} ip route add default via {{ lan1 | host(254) }}
on {{ b.name }} ip route add default via {{ lan2 | host(254) }}
on {{ b.name }} ip route add {{ lan3 }} via {{ router2.address }}
on {{ c.name }} ip route add default via {{ c.gateway }}
