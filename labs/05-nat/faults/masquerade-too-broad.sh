# cause: masquerade-too-broad
# where: worker1
# shows: everything gets answers, but {{ w2.pod }} sees {{ w1.pod }} under its node's address.
on worker1 iptables -t nat -I POSTROUTING 1 -o eth0 -j MASQUERADE
