# router1 forwards pings only.
# must fail: near_networks_talk, far_network_talks, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on router1 iptables -A FORWARD ! -p icmp -j DROP
