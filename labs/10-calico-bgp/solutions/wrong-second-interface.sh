# worker02 peers from its second interface.
# must fail: worker02_has_sessions, others_know_worker02, worker02_knows_others, pods_talk, fault_repaired
# like: reference
# without: break to reflector
settle() { :; }
#: after join
on {{ w2.name }} sed -i 's/source address {{ w2.address }}/source address {{ w2.second }}/' /etc/bird/bird.conf
on {{ w2.name }} birdc configure >/dev/null
on {{ w2.name }} bash /root/wait-for sessions 0
