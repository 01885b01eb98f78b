# cause: missing-return-route | missing-route
# where: worker2
# report: "{{ a.name }} waits for {{ b.name }} for ever. Both of them reach the rest of the world."
# shows: {{ a.name }}'s requests reach {{ b.name }}; the answers leave worker2 for router1.
while route=$(used_route worker2 {{ a.address }} from {{ b.address }} iif cni0) && [ -n "$route" ] && [ "${route%% *}" != default ]; do
    # shellcheck disable=SC2086  # the words of a route
    on worker2 ip route del $route
done
