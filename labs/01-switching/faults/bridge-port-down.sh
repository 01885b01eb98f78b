# cause: bridge-port-down
# where: switch1 | switch1:{{ b.port }} | {{ b.name }}:eth0
# report: "{{ b.name }} is gone. Its owner swears that it runs."
# shows: {{ b.name }} hears nothing and nobody hears it; its eth0 says NO-CARRIER.
on switch1 ip link set {{ b.port }} down
