# cause: wrong-certificate
# where: control
# report: "Browsers warn of {{ site }} since the certificate was renewed. The Secret is where it always was."
# shows: the certificate in the Secret is one for old.{{ site }}, so it is not accepted for {{ site }}.
on control openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -CA /root/ca.crt -CAkey /root/ca.key -subj /CN=old.{{ site }} -addext subjectAltName=DNS:old.{{ site }} -addext basicConstraints=CA:FALSE -keyout /root/old.key -out /root/old.crt
on control bash -c 'for name in $(kubectl get secrets --field-selector type=kubernetes.io/tls -o name); do kubectl create secret tls "${name#secret/}" --cert=/root/old.crt --key=/root/old.key --dry-run=client -o yaml | kubectl replace -f -; done'
on control timeout 30 bash -c 'while curl -s -m 2 --cacert /root/ca.crt https://{{ site }}:30391; do :; done'
