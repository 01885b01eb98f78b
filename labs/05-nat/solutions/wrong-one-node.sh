# Only worker1's pods get out.
# must fail: pods_get_answers, fault_repaired
# like: reference
# without: other-node, break to repair
