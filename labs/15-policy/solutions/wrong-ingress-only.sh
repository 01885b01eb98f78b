# What comes in is chosen, what goes out is not.
# must fail: way_out_is_shut, names_and_no_more, later_pods_too, fault_repaired
# like: reference
# without: out to repair
