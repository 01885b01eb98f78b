# cause: missing-address
# where: {{ server.name }}:eth0 | {{ server.name }}
# report: "The page of {{ server.name }} has not opened since noon. {{ client.name }} shows an error or waits for ever, I do not remember which."
# shows: {{ client.name }} asks for {{ server.address }} and gets no answer; the cable is in order.
# shellcheck disable=SC2046  # the words of an address
on {{ server.name }} ip addr del $(own_address {{ server.name }} {{ server.address }})
