# Two pods wired by hand as Calico does it, the next ones by its plugin; in the end an address that is borrowed.

#: wire-first core
on {{ w1.name }} ip link add {{ a.name | cali }} address ee:ee:ee:ee:ee:ee type veth peer name eth0 netns {{ a.name }}
on {{ w1.name }} ip link set {{ a.name | cali }} up
on {{ w1.name }} ip -n {{ a.name }} link set eth0 up
on {{ w1.name }} ip -n {{ a.name }} addr add {{ a.address }}/32 dev eth0
on {{ w1.name }} ip -n {{ a.name }} route add 169.254.1.1 dev eth0
on {{ w1.name }} ip -n {{ a.name }} route add default via 169.254.1.1

#: answer-for-the-gateway core
on {{ w1.name }} sysctl -qw net.ipv4.neigh.{{ a.name | cali }}.proxy_delay=0
on {{ w1.name }} sysctl -qw net.ipv4.conf.{{ a.name | cali }}.proxy_arp=1

#: the-way-back core
on {{ w1.name }} ip route add {{ a.address }} dev {{ a.name | cali }}

#: wire-second core
on {{ w1.name }} ip link add {{ c.name | cali }} address ee:ee:ee:ee:ee:ee type veth peer name eth0 netns {{ c.name }}
on {{ w1.name }} ip link set {{ c.name | cali }} up
on {{ w1.name }} ip -n {{ c.name }} link set eth0 up
on {{ w1.name }} ip -n {{ c.name }} addr add {{ c.address }}/32 dev eth0
on {{ w1.name }} ip -n {{ c.name }} route add 169.254.1.1 dev eth0
on {{ w1.name }} ip -n {{ c.name }} route add default via 169.254.1.1
on {{ w1.name }} sysctl -qw net.ipv4.neigh.{{ c.name | cali }}.proxy_delay=0
on {{ w1.name }} sysctl -qw net.ipv4.conf.{{ c.name | cali }}.proxy_arp=1
on {{ w1.name }} ip route add {{ c.address }} dev {{ c.name | cali }}

#: plugin core
on {{ w1.name }} cp /.labkit/bin/calico /opt/cni/bin/calico
on {{ w1.name }} cp /root/10-calico.conflist /etc/cni/net.d/10-calico.conflist

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on {{ w1.name }} iptables -F FORWARD
on {{ w1.name }} sysctl -qw net.ipv4.ip_forward=1
on {{ w1.name }} bash -c 'ip addr del {{ a.address }}/32 dev eth0 2>/dev/null || true'
on {{ w1.name }} ip link set {{ a.name | cali }} mtu 1500 up
on {{ w1.name }} sysctl -qw net.ipv4.conf.{{ a.name | cali }}.proxy_arp=1
on {{ w1.name }} ip route replace {{ a.address }} dev {{ a.name | cali }}
on {{ w1.name }} ip route replace default via {{ router }}
on {{ a.name }} ip route replace default via 169.254.1.1
on {{ w2.name }} ip route flush exact {{ a.address }}

#: borrow more
on {{ b.name }} ip addr add {{ borrowed }}/32 dev eth0
on {{ w2.name }} ip route add {{ borrowed }} dev {{ b.name | cali }}
on {{ w1.name }} ip route add {{ borrowed }} via {{ w2.address }}
