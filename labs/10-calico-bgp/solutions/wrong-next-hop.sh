# worker02 names another node as the next hop of its block.
# must fail: others_know_worker02, pods_talk, fault_repaired
# like: reference
# without: break to reflector
settle() {
    on {{ w2.name }} bash /root/wait-for routes 5
    on {{ m2.name }} bash /root/wait-for routes 5
}
#: before join
on {{ w2.name }} sed -i 's/export filter to_peers;/export filter to_peers; next hop address {{ m1.address }};/' /etc/bird/common.conf
