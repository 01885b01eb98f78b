# Full-size packets to outside get lost on worker2.
# must fail: pods_get_answers, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on worker2 iptables -A FORWARD -d {{ outside.address }} -m length --length 1400:65535 -j DROP
