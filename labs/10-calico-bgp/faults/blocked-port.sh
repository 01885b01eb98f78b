# cause: packets-filtered
# where: {{ w1.name }}
# report: "Last night a machine was started anew, with a firewall. Nobody finds its pods, {{ b.name }} among them."
# shows: {{ b.name }} is cut off; its node has no session, the machines answer pings.
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes 5
done
undo on {{ w1.name }} iptables -D INPUT -p tcp -m multiport --ports 179 -j DROP
on {{ w1.name }} iptables -A INPUT -p tcp -m multiport --ports 179 -j DROP
# what a new start of the machine does besides
on {{ w1.name }} bash -c 'birdc show protocols | awk "\$2 == \"BGP\" { print \$1 }" | xargs -n 1 birdc restart'
