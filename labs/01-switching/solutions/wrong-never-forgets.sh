# All is joined and found, but the bridge remembers for the usual five minutes.
# must fail: switch_forgets, fault_repaired
# like: reference
# without: break to forget-sooner
