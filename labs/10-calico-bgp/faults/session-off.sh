# cause: session-disabled
# where: {{ m2.name }}
# report: "{{ a.name }} and {{ c.name }} no longer find each other."
# shows: {{ a.name }} and {{ c.name }} lose each other; one session is down, on one side by hand.
for node in {{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}; do
    undo on "$node" bash /root/wait-for routes 5
done
undo on {{ m2.name }} birdc enable all
# the session with {{ w2.name }}, or with a reflector
session=$(on {{ m2.name }} birdc show protocols all | awk '$2 == "BGP" { name = $1; first = first ? first : name } /Neighbor address: {{ w2.address }}$/ { found = name } END { print found ? found : first }')
on {{ m2.name }} birdc disable "$session"
