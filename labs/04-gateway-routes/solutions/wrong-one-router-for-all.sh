# Everything goes by the router, also between neighbours: it works, with a detour that the lesson asks to avoid.
# must fail: neighbours_need_no_router, fault_repaired
# like: reference
# without: first-route, way-back, full-mesh, break to repair
