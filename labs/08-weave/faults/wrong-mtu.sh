# cause: wrong-mtu
# where: {{ w1.pod }}:eth0 | {{ w1.pod }}
# shows: small pings from {{ w1.pod }} are answered, large ones vanish without a word.
on {{ w1.pod }} ip link set eth0 mtu 1500
