# cause: missing-return-route
# where: worker2
# report: "{{ a.name }} calls {{ b.name }} and waits. {{ c.name }} calls {{ b.name }} and gets its answer."
# shows: {{ a.name }}'s requests arrive at {{ b.name }}; its answers never come back: worker2 has no route that covers {{ a.name }} any more.
while route=$(used_route worker2 {{ a.address }} from {{ b.address }} iif cni0) && [ -n "$route" ]; do
    # shellcheck disable=SC2086  # the words of a route
    on worker2 ip route del $route
done
