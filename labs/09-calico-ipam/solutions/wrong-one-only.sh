# The second pod was forgotten.
# must fail: pods_stand_alone, pods_talk, fault_repaired
# like: reference
# without: break to borrow
#: wire-second
on {{ w1.name }} true
