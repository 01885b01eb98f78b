# cause: wrong-mask
# where: {{ server.name }}:eth0 | {{ server.name }}
# shows: the request arrives, {{ server.name }} says that the sender's network is unreachable.
on {{ server.name }} ip addr flush dev eth0
on {{ server.name }} ip addr add {{ server.address }}/30 dev eth0
