# cause: missing-route
# where: {{ w1.name }}
# report: "{{ a.name }} hears nothing any more, and its machine is gone from the other rack."
# shows: the node of {{ a.name }} has no way to router1; the wrapped packet finds no route, and the pod's ARP question no answer.
on {{ w1.name }} ip route del default
