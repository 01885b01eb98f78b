# cause: wrong-mask
# where: {{ d.name }} | {{ d.name }}:eth0
# report: "{{ d.name }} passes its health checks, but no other pod gets an answer from it."
# shows: {{ d.name }} takes all pods for neighbours on its own cable: it says Destination Host Unreachable itself; requests of others arrive, its answers do not leave.
on {{ d.name }} ip addr add {{ d.address }}/16 dev eth0
on {{ d.name }} ip addr del {{ d.address }}/24 dev eth0
