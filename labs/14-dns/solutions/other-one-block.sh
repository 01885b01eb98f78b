# One server block with two forwards; the Service from a manifest.
# like: reference
#: service
on control bash -c 'kubectl create -f -' <<'END'
apiVersion: v1
kind: Service
metadata: {name: nginx-service, namespace: {{ ns }}}
spec:
  selector: {run: nginx}
  ports: [{name: http, port: 80}]
END

#: company
on control bash -c 'sed -i "s/^    forward . .etc.*/    forward {{ zone }} {{ ns2.address }}\n&/" /root/Corefile'
serve
