# BIRD was stopped again; the routes that it left in the kernel are all that is there.
# must fail: worker02_has_sessions, others_know_worker02, worker02_knows_others, pods_talk, fault_repaired
# like: reference
# without: break to reflector
#: after join
on {{ w2.name }} daemon stop bird
on {{ m1.name }} bash /root/wait-for routes 4
