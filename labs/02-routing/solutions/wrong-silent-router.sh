# router2 answers no ARP question: others find it only while it has just asked for them itself.
# must fail: each_answers_for_itself, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on router2 sysctl -qw net.ipv4.conf.all.arp_ignore=8
