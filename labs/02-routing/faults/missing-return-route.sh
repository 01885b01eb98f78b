# cause: missing-return-route
# where: router2
# report: "{{ a.name }} waits for {{ c.name }} for ever. The log of {{ c.name }} says that it has answered."
# shows: {{ a.name }}'s requests arrive at {{ c.name }}; the answers end at router2, which says Destination Net Unreachable.
while route=$(used_route router2 {{ a.address }} from {{ c.address }} iif eth1) && [ -n "$route" ]; do
    # shellcheck disable=SC2086  # the words of a route
    on router2 ip route del $route
done
