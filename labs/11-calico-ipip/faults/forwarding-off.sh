# cause: forwarding-off
# where: {{ m1.name }}
# report: "{{ b.name }} hears nothing any more. All sessions are up, I have looked."
# shows: all routes are right; the node of {{ b.name }} unwraps packets for it and passes none on.
on {{ m1.name }} sysctl -w net.ipv4.ip_forward=0
