# worker1 answers for outside itself.
# must fail: pods_get_answers, port_forward_arrives, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on worker1 ip route add local {{ outside.address }} dev lo table local
