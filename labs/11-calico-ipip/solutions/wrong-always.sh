# Everything is wrapped, within the subnet too.
# must fail: own_subnet_is_bare, fault_repaired
# like: reference
# without: cross-subnet to repair
