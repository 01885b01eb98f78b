# worker02 answers in place of whom its pods call.
# must fail: pods_talk, fault_repaired
# like: reference
# without: break to repair
#: after join
on {{ w2.name }} iptables -t nat -A PREROUTING -i {{ a.name | cali }} -j DNAT --to-destination {{ w2.address }}
