# The routers know everything; two hosts have no way back.
# must fail: near_networks_talk, far_network_talks, fault_repaired
#: build core
on router1 ip addr add {{ a.gateway }}/24 dev eth0
on router1 ip addr add {{ b.gateway }}/24 dev eth1
on router1 sysctl -qw net.ipv4.ip_forward=1
on router1 ip route add {{ lan3 }} via {{ router2.address }}
on router2 ip route add {{ lan1 }} via {{ b.gateway }}
on {{ a.name }} ip route add default via {{ a.gateway }}
