# cause: masquerade-too-broad
# where: worker1
# report: "The pages are all right, but in the log of {{ app }} {{ c.name }} is called by another name since noon."
# shows: the pods see worker1 in the place of {{ c.name }}.
on worker1 iptables -t nat -I POSTROUTING 1 -p tcp --dport 8080 -j MASQUERADE
