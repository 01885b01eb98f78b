# Five of the six routes between neighbours: {{ c.name }} cannot answer {{ b.name }} directly, nor through the router.
# must fail: mesh_is_complete, neighbours_need_no_router, fault_repaired
# like: reference
# without: break to repair
#: after full-mesh
on worker3 ip route flush to match {{ w2.prefix }}
on worker3 ip route add {{ w4.prefix }} via {{ router.lan }}
