# cause: missing-return-route | missing-route
# where: worker2
# report: "Every second call of {{ c.name }} hangs. {{ d.name }} has no trouble with {{ b.name }}, but with {{ a.name }}."
# shows: calls between pods of worker1 and worker2 are lost: worker2 has no route to worker1's pods.
while route=$(used_route worker2 {{ c.address }} from {{ b.address }} iif cni0) && [ -n "$route" ] && [ "${route%% *}" != default ]; do
    # shellcheck disable=SC2086  # the words of a route
    on worker2 ip route del $route
done
