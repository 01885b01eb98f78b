# The node answers no ARP question of pods: they find their gateway only while it has just asked for them.
# must fail: each_address_is_one_pod, fault_repaired
# like: reference
# without: break to repair
#: after way-out
on worker1 sysctl -qw net.ipv4.conf.cni0.arp_ignore=8
