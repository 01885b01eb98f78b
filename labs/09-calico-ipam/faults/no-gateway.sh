# cause: missing-route
# where: {{ a.name }}
# report: "Nobody gets an answer from {{ a.name }}."
# shows: requests reach {{ a.name }}; it says Network is unreachable.
on {{ a.name }} ip route del default
