# cause: stale-leases
# where: worker1
# report: "My new pod has been in ContainerCreating for an hour. The old ones run."
# shows: no new pod gets an address, though there are only a few pods: "no IP addresses available".
undo on worker1 bash -c 'cd /var/lib/cni/networks/mynet && grep -l ^gone- -- * | xargs -r rm'
on worker1 bash <<'LEASES'
cd /var/lib/cni/networks/mynet
base={{ prefix | host(0) }}
for number in $(seq 2 254); do
    lease=${base%.*}.$number
    [ -e "$lease" ] || printf 'gone-%s\r\neth0' "$number" >"$lease"
done
LEASES
