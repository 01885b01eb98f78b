# cause: wrong-mask
# where: {{ c.name }} | {{ c.name }}:eth0
# report: "{{ a.name }} and {{ c.name }} do not reach each other. {{ b.name }} has no trouble with either."
# shows: {{ c.name }} says Network is unreachable for one of its neighbours, and its answers to that one are lost too.
at=$(own_address {{ c.name }} {{ c.address }})
on {{ c.name }} ip addr add {{ c.address }}/31 dev "${at##* }"
# shellcheck disable=SC2086  # the words of an address
on {{ c.name }} ip addr del $at
