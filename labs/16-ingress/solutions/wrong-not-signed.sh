# The certificate has signed itself; the CA knows nothing of it.
# must fail: certificate_is_accepted, fault_repaired
# like: reference
# without: break to repair
#: certificate
sign {{ site }}
on control openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN={{ site }} -addext subjectAltName=DNS:{{ site }} -keyout /root/tls.key -out /root/tls.crt
