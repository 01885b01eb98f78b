# cause: port-not-in-bridge
# where: {{ w3.pod }} | {{ w3.pod }}:eth0 | worker3:veth-{{ w3.pod }}
# shows: nobody reaches {{ w3.pod }}, not even its own node; no ARP question of its is answered.
on worker3 ip link set veth-{{ w3.pod }} nomaster
