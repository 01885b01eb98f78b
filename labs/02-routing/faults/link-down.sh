# cause: link-down
# where: router1 | router1:eth0
# report: "{{ a.name }} is cut off since the cleaning last night. {{ b.name }} and {{ c.name }} have no trouble with each other."
# shows: {{ a.name }} gets no answer to ARP from its gateway; the other two hosts still reach each other.
on router1 ip link set eth0 down
