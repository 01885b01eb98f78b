# The gateway's address really stands on the node's links: nobody has to answer in its place.
# like: reference
#: answer-for-the-gateway
on {{ w1.name }} ip addr add 169.254.1.1/32 dev {{ a.name | cali }}
#: after wire-second
on {{ w1.name }} sysctl -qw net.ipv4.conf.{{ c.name | cali }}.proxy_arp=0
on {{ w1.name }} ip addr add 169.254.1.1/32 dev {{ c.name | cali }}
