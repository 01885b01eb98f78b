# Packets of more than 900 bytes get lost at A pod.
# must fail: everybody_talks, full_size_fits, pods_get_out, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on {{ b.name }} iptables -A INPUT -m length --length 900:65535 -j DROP
