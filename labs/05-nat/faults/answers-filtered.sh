# cause: packets-filtered
# where: worker1
# report: "{{ a.name }} is down. Nobody gets a page from it, and it cannot fetch anything itself."
# shows: {{ a.name }} gets no answer from anybody, nobody gets one from it: requests go out, answers come back to worker1 and end there.
on worker1 iptables -I FORWARD 1 -m conntrack --ctstate ESTABLISHED -j DROP
