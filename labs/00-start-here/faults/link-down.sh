# cause: link-down
# where: {{ server.name }}:eth0 | {{ server.name }}
# shows: {{ client.name }} asks for {{ server.address }} and gets no answer; the address is still there.
on {{ server.name }} ip link set eth0 down
