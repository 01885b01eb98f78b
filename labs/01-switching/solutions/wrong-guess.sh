# Everything is built and repaired; the cause was guessed, twice.
# must fail: fault_named
# like: reference
{% set others = ["bridge-down", "bridge-port-down", "link-down", "wrong-mask"] | reject("equalto", fault.cause) | list %}
#: name-the-fault
answer fault.cause {{ others[0] }}
answer fault.cause {{ others[1] }}
answer fault.where {{ fault.where }}
