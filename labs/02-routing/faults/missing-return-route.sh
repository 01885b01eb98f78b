# cause: missing-return-route
# where: router2
# shows: {{ a.name }}'s requests arrive at {{ c.name }}; the answers end at router2, which says Destination Net Unreachable.
on router2 ip -o route | grep " via " | while read -r route; do
    # shellcheck disable=SC2086  # the words of a route
    on router2 ip route del $route
done
