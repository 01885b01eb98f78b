# cause: stale-leases
# where: worker1
# shows: no new pod gets an address, though there are only two pods: "no IP addresses available".
on worker1 bash -c 'cd /var/lib/cni/networks/mynet && for n in $(seq 2 254); do f={{ prefix | host(0) }}; f=${f%.*}.$n; [ -e "$f" ] || printf "gone-%s\r\neth0" "$n" >"$f"; done'
