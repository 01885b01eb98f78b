# The certificate is for another name.
# must fail: certificate_is_accepted, fault_repaired
# like: reference
# without: break to repair
#: certificate
sign www.{{ site }}

#: local
true
