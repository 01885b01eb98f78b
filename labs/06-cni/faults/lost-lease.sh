# cause: duplicate-address | lost-lease
# where: worker1 | web | web:eth0
# report: "Whenever somebody starts a pod here, web becomes unreachable."
# shows: a new pod gets the address that web has; there is no lease for it.
leases=/var/lib/cni/networks/mynet
address=$(on worker1 ip -n web -4 -j addr show eth0 | jq -r '.[0].addr_info[0].local')
for file in "$address" last_reserved_ip.0; do
    undo on worker1 bash -c 'base64 -d >"$1" <<<"$2"' bash "$leases/$file" "$(on worker1 base64 -w 0 "$leases/$file")"
done
on worker1 rm "$leases/$address"
printf %s "${address%.*}.$((${address##*.} - 1))" | on worker1 tee "$leases/last_reserved_ip.0" >/dev/null
