# Only pings pass.
# must fail: pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after plugin
on {{ w1.name }} iptables -A FORWARD ! -p icmp -j DROP
