# The sandbox has an address, and nothing listens in it.
# must fail: api_runs, fault_repaired
# like: reference
# without: process, break to repair
