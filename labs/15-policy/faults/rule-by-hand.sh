# cause: packets-filtered
# where: worker2
# report: "{{ c.name }} hangs whenever it asks {{ d.name }}. Not one policy has been touched."
# shows: {{ c.name }} to {{ d.name }} is silence; the journey names a rule of FORWARD on worker2 that is none of Calico's.
on worker2 iptables -I FORWARD 1 -p tcp --dport {{ d.port }} -j DROP
