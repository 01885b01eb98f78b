# The older tools say the same.
# like: reference
#: first-ping
on {{ server.name }} ifconfig eth0 {{ server.address }} netmask {{ prefix | netmask }} up

#: repair
on {{ server.name }} ip addr flush dev eth0
on {{ server.name }} ifconfig eth0 {{ server.address }} netmask {{ prefix | netmask }} up
