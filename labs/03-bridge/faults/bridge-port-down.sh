# cause: bridge-port-down
# where: {{ b.name }} | {{ b.name }}:eth0 | worker1:veth-{{ b.name }}
# report: "{{ b.name }} is gone for all others. Its own log says that the others are gone."
# shows: {{ b.name }} hears nothing and nobody hears it; its eth0 says NO-CARRIER.
pod={{ b.name }}
index=$(on "$pod" ip -o link show eth0 | sed "s/.*eth0@if\\([0-9]*\\).*/\\1/")
port=$(on worker1 ip -o link | awk -F": " -v i="$index" "\$1 == i { sub(/@.*/, \"\", \$2); print \$2 }")
on worker1 ip link set "$port" down
