# cause: forwarding-off
# where: worker2
# shows: worker2 itself reaches everybody; {{ w2.pod }} reaches nobody beyond it.
on worker2 sysctl -qw net.ipv4.ip_forward=0
