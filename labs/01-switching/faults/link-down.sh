# cause: link-down
# where: {{ a.name }} | {{ a.name }}:eth0
# report: "{{ b.name }} and {{ c.name }} are fine, but since noon the shop does not open: {{ a.name }} says nothing any more."
# shows: {{ a.name }} says Network is unreachable; for the others it has gone.
on {{ a.name }} ip link set eth0 down
