# cause: missing-route
# where: {{ w1.name }}
# report: "{{ b.name }} hears nothing any more. All sessions are up, I have looked."
# shows: all blocks are there; {{ b.name }} asks for 169.254.1.1 and nobody answers: proxy ARP needs a route.
on {{ w1.name }} ip route del default
