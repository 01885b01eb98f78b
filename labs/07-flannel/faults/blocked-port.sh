# cause: packets-filtered
# where: router1
# report: "Nobody of our rack gets an answer from {{ c.name }} any more. The machines themselves reach each other."
# shows: nodes reach each other; between the racks no wrapped packet passes.
on router1 iptables -I FORWARD -p udp --dport 8472 -j DROP
