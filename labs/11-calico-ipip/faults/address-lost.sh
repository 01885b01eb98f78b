# cause: missing-address
# where: {{ m2.name }}
# report: "Pods work. But a machine of mine can't be told from outside any more: {{ a.name }} sees it call from another address."
# shows: {{ m2.name }} calls pods of the other subnet from its own address instead of its tunnel's.
on {{ m2.name }} ip addr flush dev tunl0
