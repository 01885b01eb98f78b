# cause: duplicate-address
# where: router2 | router2:eth0
# report: "{{ b.name }} is slow to answer {{ a.name }}, and {{ c.name }} talks to somebody else instead of {{ b.name }}, if to anybody."
# shows: two MAC addresses answer for {{ b.address }}; what {{ c.name }} sends there ends at router2, which takes it for its own.
on router2 ip addr add {{ b.address }}/32 dev eth0
