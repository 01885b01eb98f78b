# worker02 listens and says nothing.
# must fail: others_know_worker02, pods_talk, fault_repaired
# like: reference
# without: break to reflector
told=""
settle() { on {{ w2.name }} bash /root/wait-for routes 5; }
