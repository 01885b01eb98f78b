# cause: forwarding-off
# where: {{ w1.name }}
# report: "{{ b.name }} hears nothing any more. All sessions are up, I have looked."
# shows: all routes are right; the node of {{ b.name }} gets packets for it and passes none on.
on {{ w1.name }} sysctl -w net.ipv4.ip_forward=0
