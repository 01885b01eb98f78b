# cause: duplicate-address
# where: {{ c.name }} | {{ c.name }}:eth0
# report: "{{ b.name }} is there one minute and gone the next. And from {{ b.name }} we never reach {{ c.name }}."
# shows: two MAC addresses answer for {{ b.address }}, and {{ b.name }} itself gets no answer from {{ c.name }} any more.
on {{ c.name }} ip addr add {{ b.address }}/32 dev eth0
