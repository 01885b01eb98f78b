# worker2 answers no ARP question: others find it only while it has just asked for them itself.
# must fail: next_pods_are_served, fault_repaired
# like: reference
# without: break to repair
#: after full-mesh
on worker2 sysctl -qw net.ipv4.conf.eth0.arp_ignore=8
