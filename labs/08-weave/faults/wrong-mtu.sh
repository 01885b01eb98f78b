# cause: wrong-mtu
# where: {{ a.name }}:eth0 | {{ a.name }}
# report: "{{ a.name }} answers, but every download from it hangs."
# shows: small pings from {{ a.name }} are answered, large ones vanish without a word.
on {{ a.name }} ip link set eth0 mtu 1500
