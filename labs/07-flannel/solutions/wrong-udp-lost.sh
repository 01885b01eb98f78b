# A pod gets no datagrams.
# must fail: everybody_talks, pods_get_out, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on {{ b.name }} iptables -A INPUT -p udp -j DROP
