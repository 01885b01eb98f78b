# No certificate: https shows the controller's own.
# must fail: certificate_is_accepted, fault_repaired
# like: reference
# without: certificate to tls, break to repair
#: local
true
