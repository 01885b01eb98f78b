# cause: forwarding-off
# where: worker3
# report: "{{ c.name }} has not been heard of since last night's update. worker3 itself is well, its administrator says."
# shows: worker3 itself reaches everybody, {{ c.name }} reaches nobody beyond its node.
on worker3 sysctl -qw net.ipv4.ip_forward=0
