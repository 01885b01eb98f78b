# Two ports in the bridge, but not the first host's: nobody hears it.
# must fail: first_two_talk, third_host_talks, each_answers_for_itself, fault_repaired
# like: reference
# without: break to repair
#: after third-host
on switch1 ip link set {{ a.port }} nomaster
