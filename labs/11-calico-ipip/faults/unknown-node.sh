# cause: packets-filtered
# where: {{ m1.name }}
# report: "{{ b.name }} answers {{ a.name }}, and nobody from the other rack."
# shows: {{ b.name }} is reached in its own subnet only; its node drops wrapped packets of nodes that stand in no list.
on {{ m1.name }} iptables -A INPUT -p ipencap ! -s {{ w1.address }} -j DROP
