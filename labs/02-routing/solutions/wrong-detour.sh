# The third network is reached from the middle one by way of router1, which sends it back to the same cable.
# must fail: middle_goes_straight, fault_repaired
# like: reference
# without: break to straight
