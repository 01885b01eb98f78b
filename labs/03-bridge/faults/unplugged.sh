# cause: port-not-in-bridge
# where: {{ c.name }} | {{ c.name }}:eth0 | worker1:veth-{{ c.name }}
# report: "{{ a.name }} and {{ b.name }} wait for {{ c.name }}. {{ c.name }} says that it waits for them."
# shows: both ends of the cable are up, but {{ c.name }} gets no answer to any ARP question.
pod={{ c.name }}
index=$(on "$pod" ip -o link show eth0 | sed "s/.*eth0@if\\([0-9]*\\).*/\\1/")
port=$(on worker1 ip -o link | awk -F": " -v i="$index" "\$1 == i { sub(/@.*/, \"\", \$2); print \$2 }")
on worker1 ip link set "$port" nomaster
