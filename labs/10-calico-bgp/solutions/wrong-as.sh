# worker02 is in another autonomous system than its neighbours believe.
# must fail: worker02_has_sessions, others_know_worker02, worker02_knows_others, pods_talk, fault_repaired
# like: reference
# without: break to reflector
settle() { :; }
#: after join
on {{ w2.name }} sed -i 's/local as 64512/local as 64513/' /etc/bird/common.conf
on {{ w2.name }} birdc configure >/dev/null
on {{ w2.name }} bash /root/wait-for sessions 0
