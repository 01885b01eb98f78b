# The second pod gets no datagrams.
# must fail: pods_get_answers, fault_repaired
# like: reference
# without: break to repair
#: after port-forward
on {{ b.name }} iptables -A INPUT -p udp -j DROP
