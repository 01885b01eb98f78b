# cause: wrong-gateway
# where: worker1
# report: "{{ a.name }} and {{ c.name }} have lost each other. {{ b.name }} reaches both."
# shows: worker1 asks by ARP for a next hop that nobody answers for.
# in the place of the route that is used, if it is for these pods and no others; before a wider one
route=$(used_route worker1 {{ c.address }} from {{ a.address }} iif cni0)
table=$(grep -o 'table [^ ]*' <<<"$route" || true)
wanted=${route%% *}
case $wanted in default | */[0-9] | */1[0-9] | */2[0-3]) wanted={{ w3.prefix }} ;; esac
# shellcheck disable=SC2086  # the words of a route
[ "${route%% *}" != "$wanted" ] || on worker1 ip route del $route
# shellcheck disable=SC2086
on worker1 ip route add "$wanted" via {{ lan | host(99) }} $table
