# The way out is shut for the world, and open to all pods of the cluster.
# must fail: way_out_is_shut, names_and_no_more, fault_repaired
# like: reference
# without: break to repair
#: after names
on control kubectl apply -f - <<'END'
{{- policy("to-pods", none, "Egress") }}
  egress:
  - to: [{namespaceSelector: {}}]
END
