# The port that IANA gave to VXLAN, 4789: right elsewhere, but flannel and the kernel talk on 8472.
# must fail: racks_are_joined_by_vxlan, fault_repaired
# like: other-by-pen
# without: break to repair
port=4789
