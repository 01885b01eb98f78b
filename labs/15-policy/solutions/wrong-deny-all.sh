# Everything is denied, and nothing is allowed.
# must fail: shop_is_served, monitor_calls_api, names_and_no_more, fault_repaired
# like: reference
# without: web to monitor, names to repair
#: out
on control kubectl apply -f - <<'END'
{{- policy("deny-out", none, "Egress") }}
END
