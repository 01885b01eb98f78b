# cause: missing-address
# where: {{ server.name }}:eth0 | {{ server.name }}
# shows: {{ client.name }} asks for {{ server.address }} and gets no answer; the cable is in order.
on {{ server.name }} ip addr flush dev eth0
