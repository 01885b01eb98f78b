# worker1 answers for the far pod itself.
# must fail: racks_talk, everybody_talks, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on worker1 ip route add local {{ c.address }} dev lo table local
