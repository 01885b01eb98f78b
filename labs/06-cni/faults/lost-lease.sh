# cause: duplicate-address
# where: worker1 | web | web:eth0
# shows: a new pod gets the address that web has.
on worker1 bash -c 'cd /var/lib/cni/networks/mynet && a=$(ip -n web -4 -o addr show eth0 | grep -o "[0-9.]*/" | head -1) && rm "${a%/}" && echo -n {{ prefix | host(1) }} >last_reserved_ip.0'
