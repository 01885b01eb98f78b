# The third host has the second one's address besides: two answer for it, and the second one gets no answer from the third.
# must fail: third_host_talks, each_answers_for_itself, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on {{ a.name }} ip neigh replace {{ b.address }} lladdr {{ b.mac }} dev eth0 nud permanent
on {{ c.name }} ip addr add {{ b.address }}/32 dev eth0
