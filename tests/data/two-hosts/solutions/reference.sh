#: address core give right its address
on right ip addr add {{ right }}/24 dev eth0
answer how-many 3
#: break core
break_something
#: name core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}
#: repair core
on right ip link set eth0 up
on right ip addr replace {{ right }}/24 dev eth0
