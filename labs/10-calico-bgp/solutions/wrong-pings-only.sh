# Only pings pass.
# must fail: pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after join
on {{ w2.name }} iptables -A FORWARD ! -p icmp -j DROP
