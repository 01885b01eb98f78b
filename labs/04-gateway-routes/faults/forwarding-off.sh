# cause: forwarding-off
# where: worker3
# shows: worker3 itself reaches everybody, {{ w3.pod }} reaches nobody beyond its node.
on worker3 sysctl -qw net.ipv4.ip_forward=0
