# cause: port-not-in-bridge
# where: {{ c.name }} | {{ c.name }}:eth0 | worker3:veth-{{ c.name }}
# report: "{{ c.name }} is gone, and this time worker3 cannot find it either."
# shows: nobody reaches {{ c.name }}, not even its own node; no ARP question of its is answered.
on worker3 ip link set veth-{{ c.name }} nomaster
