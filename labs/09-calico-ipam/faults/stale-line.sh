# cause: stale-route
# where: {{ w2.name }}
# report: "{{ b.name }} gets no answer from {{ a.name }}. All others do."
# shows: {{ b.name }} and {{ a.name }} lose each other; a /32 beats the right route to the block.
on {{ w2.name }} ip route add {{ a.address }} via {{ router }}
