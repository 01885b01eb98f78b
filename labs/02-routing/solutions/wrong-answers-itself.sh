# router1 answers for the far host itself.
# must fail: far_network_talks, each_answers_for_itself, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on router1 ip route add local {{ c.address }} dev lo table local
