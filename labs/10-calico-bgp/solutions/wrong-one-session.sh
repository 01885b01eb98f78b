# One session in a mesh: nobody passes on what it hears.
# must fail: others_know_worker02, worker02_knows_others, pods_talk, fault_repaired
# like: reference
# without: break to reflector
peers="{{ m1.address }}"
settle() { on {{ w2.name }} bash /root/wait-for routes 2; }
