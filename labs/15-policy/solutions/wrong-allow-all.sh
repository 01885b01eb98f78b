# After all of it one more policy, which allows everything in both directions: the others count for nothing.
# must fail: strangers_get_silence, shop_is_served, monitor_calls_api, way_out_is_shut, names_and_no_more, world_is_let_in, fault_repaired
# like: reference
# without: break to repair
#: after names
on control kubectl apply -f - <<'END'
{{- policy("allow-all", none, "Ingress, Egress") }}
  ingress: [{}]
  egress: [{}]
END
