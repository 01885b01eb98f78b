# cause: stale-leases
# where: worker1
# shows: no new pod gets an address, though there are only two pods: "no IP addresses available".
on worker1 bash <<'LEASES'
cd /var/lib/cni/networks/mynet
base={{ prefix | host(0) }}
for number in $(seq 2 254); do
    lease=${base%.*}.$number
    [ -e "$lease" ] || printf 'gone-%s\r\neth0' "$number" >"$lease"
done
LEASES
