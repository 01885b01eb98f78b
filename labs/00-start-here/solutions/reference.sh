# The one thing that is missing.
#: first-ping core
on {{ server.name }} ip addr add {{ server.address }}/24 dev eth0

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on {{ server.name }} ip addr flush dev eth0
on {{ server.name }} ip addr add {{ server.address }}/24 dev eth0
on {{ server.name }} ip link set eth0 up
