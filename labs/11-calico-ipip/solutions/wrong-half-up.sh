# One tunnel was forgotten: master02's, which has no pod yet.
# must fail: tunnels_are_up, fault_repaired
# like: reference
# without: break to repair
settle() { on {{ w2.name }} bash /root/wait-for wrapped "$1"; }
#: tunnels
raise_tunnel {{ m1.name }} {{ m1.block | host(0) }}
raise_tunnel {{ w1.name }} {{ w1.block | host(0) }}
raise_tunnel {{ w2.name }} {{ w2.block | host(0) }}
