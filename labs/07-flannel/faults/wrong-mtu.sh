# cause: wrong-mtu
# where: worker3:eth0 | worker3
# report: "I can log in at {{ c.name }}, but every list that I ask for hangs."
# shows: small pings to {{ c.name }} are answered, large ones vanish without a word.
on worker3 ip link set eth0 mtu 1400
