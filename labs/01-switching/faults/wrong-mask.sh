# cause: wrong-mask
# where: {{ c.name }} | {{ c.name }}:eth0
# shows: {{ c.name }} says Network is unreachable for one of its neighbours, and its answers to that one are lost too.
on {{ c.name }} ip addr add {{ c.address }}/31 dev eth0
on {{ c.name }} ip addr del {{ c.address }}/24 dev eth0
