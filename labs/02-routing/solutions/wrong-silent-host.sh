# The first host answers no ARP question: it is reached only while it has just asked for its gateway itself.
# must fail: each_answers_for_itself, fault_repaired
# like: reference
# without: break to repair
#: after far-way-back
on {{ a.name }} sysctl -qw net.ipv4.conf.eth0.arp_ignore=8
