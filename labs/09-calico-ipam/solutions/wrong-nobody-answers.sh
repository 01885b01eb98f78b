# No proxy ARP: the gateway is asked for, and nobody answers.
# must fail: gateway_is_answered_for, pods_talk, fault_repaired
# like: reference
# without: break to borrow
#: answer-for-the-gateway
on {{ w1.name }} true
