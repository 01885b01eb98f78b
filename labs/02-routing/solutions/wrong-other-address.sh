# It works, with the last address of each network for router1 instead of the first.
# must fail: gateways_answer, fault_repaired
# like: reference
# without: break to repair
{% set a = dict(a, gateway=lan1 | host(254)) %}
{% set b = dict(b, gateway=lan2 | host(254)) %}
