# cause: packets-filtered
# where: {{ r1.name }}
# report: "The network people have new rules since last night. Machines reach each other, I have tried ping and ssh; pods of different racks don't."
# shows: between the subnets no pod gets an answer; nodes do. router1 lets protocols 1, 6 and 17 pass only.
on {{ r1.name }} iptables -A FORWARD -p ipencap -j DROP
