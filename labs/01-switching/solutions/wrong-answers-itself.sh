# The first host answers itself for the second one's address: nothing reaches the switch.
# must fail: first_two_talk, each_answers_for_itself, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on {{ a.name }} ip route add local {{ b.address }} dev lo table local
