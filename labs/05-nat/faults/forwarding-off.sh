# cause: forwarding-off
# where: worker2
# report: "{{ b.name }} is down. Whoever calls it waits for ever, and it reaches nobody."
# shows: worker2 itself reaches everybody; {{ b.name }} reaches nobody beyond it.
on worker2 sysctl -qw net.ipv4.ip_forward=0
