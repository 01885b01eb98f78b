# One entry for the one address, in place of proxy_arp, which answers for everything; the pods say onlink.
# like: reference
#: answer-for-the-gateway
on {{ w1.name }} ip neigh add proxy 169.254.1.1 dev {{ a.name | cali }}
#: after wire-second
on {{ w1.name }} sysctl -qw net.ipv4.conf.{{ c.name | cali }}.proxy_arp=0
on {{ w1.name }} ip neigh add proxy 169.254.1.1 dev {{ c.name | cali }}
on {{ c.name }} ip route replace default via 169.254.1.1 dev eth0 onlink
on {{ c.name }} ip route del 169.254.1.1
