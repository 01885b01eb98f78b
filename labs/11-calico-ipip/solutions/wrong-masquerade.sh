# What leaves worker01 by the tunnel gets the tunnel's address.
# must fail: pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after cross-subnet
on {{ w1.name }} iptables -t nat -A POSTROUTING -o tunl0 -j MASQUERADE
