# cause: missing-masquerade
# where: worker1
# report: "web and api fetch nothing from outside any more. A pod that I started a minute ago does."
# shows: pods reach each other and the node; nothing outside answers those that are there. New ones are well.
keep_filters worker1
on worker1 iptables -t nat -F
