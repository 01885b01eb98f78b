# cause: wrong-mtu
# where: worker3:eth0 | worker3
# shows: small pings to {{ w3.pod }} are answered, large ones vanish without a word.
on worker3 ip link set eth0 mtu 1400
