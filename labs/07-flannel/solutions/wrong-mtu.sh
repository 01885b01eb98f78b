# 100 bytes taken off for the wrapping where 50 are needed: every packet carries less than it could.
# must fail: full_size_fits, fault_repaired
# like: other-by-pen
# without: break to repair
mtu=1400
