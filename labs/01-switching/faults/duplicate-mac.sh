# cause: duplicate-mac
# where: {{ c.name }} | {{ c.name }}:eth0
# report: "{{ a.name }} and {{ c.name }} do not find each other. {{ b.name }} finds both, most of the time."
# shows: {{ a.name }} and {{ c.name }} never reach each other; the bridge shows one MAC address now at this port, now at that.
on {{ c.name }} ip link set eth0 address {{ a.mac }}
