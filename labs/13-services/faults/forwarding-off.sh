# cause: forwarding-off
# where: worker2
# report: "{{ d.name }} reaches nobody any more, and every second call of {{ c.name }} hangs."
# shows: worker2 itself is answered by both pods; what it should pass on ends on it.
on worker2 sysctl -qw net.ipv4.ip_forward=0
