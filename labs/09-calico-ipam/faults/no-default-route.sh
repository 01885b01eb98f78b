# cause: missing-route
# where: {{ w1.name }}
# report: "Our pods reach nobody any more, not even each other. Nobody has touched them."
# shows: all pods of one node ask for 169.254.1.1 and get no answer, though proxy_arp is 1.
on {{ w1.name }} ip route del default
