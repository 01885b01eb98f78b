# cause: forwarding-off
# where: {{ w1.name }}
# report: "Our pods reach nobody any more, not even each other. The machine itself reaches them all."
# shows: the node reaches its pods, and passes on nothing.
on {{ w1.name }} sysctl -w net.ipv4.ip_forward=0
