# The tunnels are up and have no addresses.
# must fail: tunnels_are_up, fault_repaired
# like: reference
# without: break to repair
raise_tunnel() { on "$1" ip link set tunl0 up; }
