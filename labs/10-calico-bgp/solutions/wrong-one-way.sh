# worker02's pods call, and nobody can call them.
# must fail: pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after join
on {{ w2.name }} iptables -A FORWARD -i eth0 -m conntrack --ctstate NEW -j DROP
