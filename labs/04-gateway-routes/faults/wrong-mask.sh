# cause: wrong-mask
# where: worker4
# shows: {{ w4.pod }} reaches {{ w1.pod }}, but neither {{ w2.pod }} nor {{ w3.pod }}: the route covers only the first prefix.
on worker4 ip route flush proto boot
on worker4 ip route add {{ pods | subnet(0, 23) }} via {{ router.rack }}
