# Packets of more than 900 bytes get lost at The second pod.
# must fail: pods_get_answers, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on {{ b.name }} iptables -A INPUT -m length --length 900:65535 -j DROP
