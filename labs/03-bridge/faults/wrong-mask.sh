# cause: wrong-mask
# where: {{ c.name }} | {{ c.name }}:eth0
# report: "{{ c.name }} passes its health checks, but the other pods get nothing from it."
# shows: the node reaches {{ c.name }}, the other pods do not: {{ c.name }} takes them for strangers behind its gateway.
at=$(own_address {{ c.name }} {{ c.address }})
on {{ c.name }} ip addr add {{ c.address }}/30 dev "${at##* }"
# shellcheck disable=SC2086  # the words of an address
on {{ c.name }} ip addr del $at
# where the mask is that of a route by hand
route=$(used_route {{ c.name }} {{ b.address }})
if [[ -n $route && $route != *" via "* ]]; then
    # shellcheck disable=SC2086  # the words of a route
    on {{ c.name }} ip route del $route
fi
