# Everything is joined, but the answer is a line that ends in `permanent`: the port's own MAC address, not the host's.
# must fail: mac_is_found, fault_repaired
# like: reference
# without: break to repair
#: find-the-mac
answer mac-behind-the-port "$(on switch1 cat /sys/class/net/{{ wanted.port }}/address)"
