# The switch is told where the hosts are, for ever: it will not notice when one is moved.
# must fail: switch_forgets, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on switch1 bridge fdb add {{ a.mac }} dev {{ a.port }} master static
on switch1 bridge fdb add {{ b.mac }} dev {{ b.port }} master static
on switch1 bridge fdb add {{ c.mac }} dev {{ c.port }} master static
