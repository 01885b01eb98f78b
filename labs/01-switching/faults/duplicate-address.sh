# cause: duplicate-address
# where: {{ c.name }} | {{ c.name }}:eth0
# shows: two MAC addresses answer for {{ b.address }}, and {{ b.name }} itself gets no answer from {{ c.name }} any more.
on {{ c.name }} ip addr add {{ b.address }}/32 dev eth0
