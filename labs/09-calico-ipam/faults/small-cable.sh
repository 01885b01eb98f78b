# cause: wrong-mtu
# where: {{ w1.name }}:{{ a.name | cali }} | {{ w1.name }}
# report: "I can log in at {{ a.name }}, but when I send it a file, or get one, it hangs."
# shows: small packets of {{ a.name }} pass, large ones vanish on its cable.
on {{ w1.name }} ip link set {{ a.name | cali }} mtu 1300
