# BIRD has all routes, and keeps them for itself.
# must fail: worker02_knows_others, free_addresses_end_there, pods_talk, fault_repaired
# like: reference
# without: break to reflector
settle() { on {{ w2.name }} bash /root/wait-for sessions 4; }
#: before join
on {{ w2.name }} sed -i 's/export filter to_kernel/export none/' /etc/bird/common.conf
