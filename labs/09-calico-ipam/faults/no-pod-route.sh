# cause: missing-pod-route
# where: {{ w1.name }}
# report: "{{ a.name }} gets no answers from anybody."
# shows: what {{ a.name }} sends arrives; the answers leave its node by eth0.
# shellcheck disable=SC2046  # the words of a route
on {{ w1.name }} ip route del $(used_route {{ w1.name }} {{ a.address }})
