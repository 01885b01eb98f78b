# cause: duplicate-address
# where: worker1 | web | web:eth0
# shows: a new pod gets the address that web has.
on worker1 bash <<'LEASES'
cd /var/lib/cni/networks/mynet
rm "$(ip -n web -4 -j addr show eth0 | jq -r '.[0].addr_info[0].local')"
echo -n {{ prefix | host(1) }} >last_reserved_ip.0
LEASES
