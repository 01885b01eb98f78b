# cause: wrong-mask
# where: {{ server.name }}:eth0 | {{ server.name }}
# report: "The page of {{ server.name }} has not opened since noon. {{ client.name }} shows an error or waits for ever, I do not remember which."
# shows: the request arrives, {{ server.name }} says that the sender's network is unreachable.
at=$(own_address {{ server.name }} {{ server.address }})
on {{ server.name }} ip addr add {{ server.address }}/30 dev "${at##* }"
# shellcheck disable=SC2086  # the words of an address
on {{ server.name }} ip addr del $at
