# cause: wrong-gateway
# where: {{ a.name }} | {{ a.name }}:eth0
# report: "{{ a.name }} serves its neighbours, but whatever it asks of the node stays unanswered."
# shows: {{ a.name }} reaches its neighbours on the bridge, but not the node's own address.
# shellcheck disable=SC2046  # the words of a route
on {{ a.name }} ip route replace $(used_route {{ a.name }} {{ node_address }} | sed -E 's/ (via [^ ]+|nhid [0-9]+)/ via {{ prefix | host(254) }}/')
