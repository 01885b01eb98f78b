# cause: missing-masquerade
# where: worker1
# shows: pods reach each other and the node; nothing outside answers them.
on worker1 iptables -t nat -F
