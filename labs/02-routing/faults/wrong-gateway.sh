# cause: wrong-gateway
# where: {{ c.name }} | {{ c.name }}:eth0
# shows: {{ c.name }} asks by ARP for a gateway that does not exist; router2 on the same cable is well and reaches it.
on {{ c.name }} ip -o route | grep " via " | sed "s/ via [^ ]*/ via {{ lan3 | host(254) }}/" | while read -r route; do
    # shellcheck disable=SC2086  # the words of a route
    on {{ c.name }} ip route replace $route
done
