# cause: wrong-gateway
# where: {{ c.name }} | {{ c.name }}:eth0
# report: "{{ c.name }} answers nobody any more. router2 beside it finds it without trouble."
# shows: {{ c.name }} asks by ARP for a gateway that does not exist; router2 on the same cable is well and reaches it.
for far in {{ a.address }} {{ b.address }}; do
    # shellcheck disable=SC2046  # the words of a route
    on {{ c.name }} ip route replace $(used_route {{ c.name }} "$far" | sed -E 's/ (via [^ ]+|nhid [0-9]+)/ via {{ lan3 | host(254) }}/')
done
