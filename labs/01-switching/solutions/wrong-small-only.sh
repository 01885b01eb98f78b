# Packets of more than 900 bytes get lost at The second host.
# must fail: first_two_talk, third_host_talks, fault_repaired
# like: reference
# without: break to repair
#: after forget-sooner
on {{ b.name }} iptables -A INPUT -m length --length 900:65535 -j DROP
