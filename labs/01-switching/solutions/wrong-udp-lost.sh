# The second host gets no datagrams.
# must fail: first_two_talk, third_host_talks, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on {{ b.name }} iptables -A INPUT -p udp -j DROP
