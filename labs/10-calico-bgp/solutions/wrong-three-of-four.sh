# worker01 was forgotten.
# must fail: others_know_worker02, worker02_knows_others, pods_talk, fault_repaired
# like: reference
# without: break to reflector
peers="{{ m1.address }} {{ m2.address }} {{ m3.address }}"
settle() { on {{ w2.name }} bash /root/wait-for routes 4; }
