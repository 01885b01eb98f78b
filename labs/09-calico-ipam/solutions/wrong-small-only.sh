# Large packets vanish.
# must fail: pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after plugin
on {{ w1.name }} iptables -A FORWARD -m length --length 1000:1500 -j DROP
