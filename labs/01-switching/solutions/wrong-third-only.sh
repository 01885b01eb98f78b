# Two ports in the bridge, but not the first host's: nobody hears it.
# must fail: first_two_talk, third_host_talks, fault_repaired
#: build core
on switch1 ip link add br0 type bridge ageing_time 1000
on switch1 ip link set br0 up
on switch1 ip link set {{ b.port }} master br0 up
on switch1 ip link set {{ c.port }} master br0 up
on {{ c.name }} ip link set eth0 up
