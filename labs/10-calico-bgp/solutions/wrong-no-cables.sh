# BIRD does not know the cables' prefixes, so no next hop can be looked up.
# must fail: worker02_knows_others, pods_talk, fault_repaired
# like: reference
# without: break to reflector
settle() { on {{ w2.name }} bash /root/wait-for sessions 4; }
#: before join
on {{ w2.name }} sed -i 's/^protocol direct.*//; s/learn; //' /etc/bird/common.conf
