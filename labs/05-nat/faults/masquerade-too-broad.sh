# cause: masquerade-too-broad
# where: worker1
# report: "Since noon the log of {{ b.name }} has the wrong callers in it. Everything else is fine."
# shows: everything gets answers, but {{ b.name }} sees {{ a.name }} under its node's address.
on worker1 iptables -t nat -I POSTROUTING 1 -o eth0 -j MASQUERADE
