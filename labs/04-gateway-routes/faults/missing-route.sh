# cause: missing-route
# where: router1
# report: "{{ d.name }} and {{ c.name }} have lost each other. All others reach both."
# shows: {{ d.name }} reaches the pods of worker1 and worker2, not {{ c.name }}; router1 says Destination Net Unreachable.
while route=$(used_route router1 {{ c.address }} from {{ d.address }} iif eth1) && [ -n "$route" ]; do
    # shellcheck disable=SC2086  # the words of a route
    on router1 ip route del $route
done
