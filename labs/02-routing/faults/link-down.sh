# cause: link-down
# where: router1 | router1:eth0
# shows: {{ a.name }} gets no answer to ARP from its gateway; the other two hosts still reach each other.
on router1 ip link set eth0 down
