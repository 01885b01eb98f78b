# The older tools say the same.
#: first-ping core
on {{ server.name }} ifconfig eth0 {{ server.address }} netmask {{ prefix | netmask }} up

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on {{ server.name }} ip addr flush dev eth0
on {{ server.name }} ifconfig eth0 {{ server.address }} netmask {{ prefix | netmask }} up
