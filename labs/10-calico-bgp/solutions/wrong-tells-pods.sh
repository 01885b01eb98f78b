# The pod's /32 is told, in place of the block.
# must fail: others_know_worker02, fault_repaired
# like: reference
# without: break to reflector
told="if net = {{ a.address }}/32 then accept;"
#: after join
on {{ w2.name }} bash /root/wait-for routes 5
