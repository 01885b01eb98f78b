# worker01 hides its pods behind its own address.
# must fail: pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after plugin
on {{ w1.name }} iptables -t nat -A POSTROUTING -s {{ w1.block }} -o eth0 -j MASQUERADE
