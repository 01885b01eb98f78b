# The third port hangs on a bridge of its own.
# must fail: third_host_talks, each_answers_for_itself, fault_repaired
# like: reference
# without: break to repair
#: third-host
on switch1 ip link add br1 type bridge ageing_time 1000
on switch1 ip link set br1 up
on switch1 ip link set {{ c.port }} master br1
