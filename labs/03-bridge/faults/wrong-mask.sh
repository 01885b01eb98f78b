# cause: wrong-mask
# where: {{ c.name }} | {{ c.name }}:eth0
# shows: the node reaches {{ c.name }}, the other pods do not: {{ c.name }} takes them for strangers behind its gateway.
on {{ c.name }} ip addr add {{ c.address }}/30 dev eth0
on {{ c.name }} ip addr del {{ c.address }}/24 dev eth0
