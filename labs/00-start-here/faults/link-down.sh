# cause: link-down
# where: {{ server.name }}:eth0 | {{ server.name }}
# report: "The page of {{ server.name }} has not opened since noon. {{ client.name }} shows an error or waits for ever, I do not remember which."
# shows: {{ client.name }} asks for {{ server.address }} and gets no answer; the address is still there.
on {{ server.name }} ip link set eth0 down
