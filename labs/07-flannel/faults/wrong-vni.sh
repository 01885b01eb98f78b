# cause: wrong-vni
# where: worker3:flannel.1 | worker3
# report: "Nobody of our rack gets an answer from {{ c.name }} any more. The machines themselves reach each other."
# shows: nobody reaches {{ c.name }}; wrapped packets arrive on worker3 and are not unwrapped.
# the device once more as it is, at the same index, but with another VNI, and all that hangs on it
link=$(on worker3 ip -j -d link show flannel.1 | jq -r '.[0] | .linkinfo.info_data as $own |
    "index \(.ifindex) address \(.address) mtu \(.mtu) type vxlan id \($own.id) dev \($own.link) local \($own.local) dstport \($own.port)" +
    (if $own.learning then "" else " nolearning" end)')
addresses=$(on worker3 ip -o -4 addr show dev flannel.1 | awk '{ print $4 }')
neighbours=$(on worker3 ip neigh show dev flannel.1 nud permanent)
entries=$(on worker3 bridge fdb show dev flannel.1 | awk '/ dst .*permanent/ { print $1, $3 }')
routes=$(on worker3 ip -o route show dev flannel.1 | grep -v 'proto kernel')
# shellcheck disable=SC2086  # the words of a link
undo on worker3 ip link add flannel.1 $link
undo on worker3 ip link del flannel.1
on worker3 ip link del flannel.1
# shellcheck disable=SC2086
on worker3 ip link add flannel.1 ${link/ id 1 / id 2 }
on worker3 ip addr add "$addresses" dev flannel.1
on worker3 ip link set flannel.1 up
while read -r address _ mac _; do
    [ -z "$mac" ] || on worker3 ip neigh replace "$address" lladdr "$mac" dev flannel.1 nud permanent
done <<<"$neighbours"
while read -r mac node; do
    on worker3 bridge fdb append "$mac" dev flannel.1 dst "$node"
done <<<"$entries"
while read -r route; do
    # shellcheck disable=SC2086
    on worker3 ip route replace $route dev flannel.1
done <<<"$routes"
