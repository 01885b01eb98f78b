# cause: link-down
# where: {{ a.name }} | {{ a.name }}:eth0
# shows: {{ a.name }} says Network is unreachable; for the others it has gone.
on {{ a.name }} ip link set eth0 down
