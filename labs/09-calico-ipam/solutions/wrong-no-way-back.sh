# worker01 has no line for the first pod.
# must fail: links_have_calicos_names, pods_talk, fault_repaired
# like: reference
# without: break to borrow
#: the-way-back
on {{ w1.name }} true
