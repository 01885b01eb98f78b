# db lets api in, but api may not leave.
# must fail: shop_is_served, fault_repaired
# like: reference
# without: names to repair
#: after out
on control kubectl -n {{ ns }} delete networkpolicy {{ c.name }}-out
on control kubectl apply -f - <<'END'
{{- let_names_out() }}
END
