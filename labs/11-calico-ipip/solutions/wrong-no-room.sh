# Pods send 1500 bytes still: the first large packet is refused.
# must fail: full_size_fits, fault_repaired
# like: reference
# without: room, break to repair
