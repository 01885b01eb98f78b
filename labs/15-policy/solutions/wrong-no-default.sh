# web, api and db have their policies; for every other pod of the namespace there is none about what comes in.
# must fail: strangers_get_silence, later_pods_too, fault_repaired
# like: reference
# without: deny-in, break to repair
