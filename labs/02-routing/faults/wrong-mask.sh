# cause: wrong-mask
# where: router2 | router2:eth1
# report: "{{ c.name }} does not answer anybody any more, says {{ a.name }}. {{ b.name }} says so too."
# shows: {{ c.name }}'s requests arrive, but router2 has no route for the answers: it takes only four addresses for its neighbours.
at=$(own_address router2 {{ c.gateway }})
on router2 ip addr add {{ c.gateway }}/30 dev "${at##* }"
# shellcheck disable=SC2086  # the words of an address
on router2 ip addr del $at
# where the mask is that of a route by hand
route=$(used_route router2 {{ c.address }})
if [[ -n $route && $route != *" via "* ]]; then
    # shellcheck disable=SC2086  # the words of a route
    on router2 ip route del $route
fi
