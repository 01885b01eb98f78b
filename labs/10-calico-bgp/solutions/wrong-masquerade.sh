# Routes are right, and worker02 hides its pods behind its own address.
# must fail: pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after join
on {{ w2.name }} iptables -t nat -A POSTROUTING -s {{ w2.block }} -o eth0 -j MASQUERADE
