# Two switches in one box, joined by a cable: the third host hangs on the second one.
# like: reference
#: third-host
on switch1 ip link add br1 type bridge
on switch1 ip link add up1 type veth peer name down1
on switch1 ip link set up1 master br0 up
on switch1 ip link set down1 master br1 up
on switch1 ip link set br1 up
on switch1 ip link set {{ c.port }} master br1

#: after forget-sooner
on switch1 ip link set br1 type bridge ageing_time 1500
