# cause: forwarding-off
# where: worker1
# shows: the node reaches everybody; its pods reach nobody outside.
on worker1 sysctl -qw net.ipv4.ip_forward=0
