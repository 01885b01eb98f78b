# cause: link-down
# where: {{ w1.name }}:{{ a.name | cali }} | {{ w1.name }}
# report: "{{ a.name }} is gone, for everybody."
# shows: nobody reaches {{ a.name }}; its cable has no carrier, and the line in `ip route` is gone with it.
on {{ w1.name }} ip link set {{ a.name | cali }} down
