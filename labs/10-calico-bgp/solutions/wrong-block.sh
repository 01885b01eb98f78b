# A slip of the pen: the block beside its own.
# must fail: others_know_worker02, pods_talk, fault_repaired
# like: reference
# without: break to reflector
own="route {{ pool | subnet(43, 24) }} blackhole;"
told="if net = {{ pool | subnet(43, 24) }} then accept;"
