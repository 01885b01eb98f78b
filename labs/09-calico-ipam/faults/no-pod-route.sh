# cause: missing-pod-route
# where: {{ w1.name }}
# report: "{{ a.name }} gets no answers from anybody."
# shows: what {{ a.name }} sends arrives; the answers leave its node by eth0.
on {{ w1.name }} ip route del {{ a.address }}
