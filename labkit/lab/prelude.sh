# What a lab's scripts can say: `on MACHINE CMD…`, `answer ID VALUE`; faults also `undo CMD…`, `used_route`, `own_address`, `keep_filters`.
# labkit hands over LK_<machine>="net,mount,uts,node,name" (descriptors of the machine's namespaces; of a pod that was found in a node's
# /run/netns that node, and its name there), LK_NODES (the nodes' names) and LK_ANSWERS (a descriptor; lines of words separated by tabs).
set -Eeuo pipefail
lk_step='' lk_line=''
trap 'lk_failed "$?" "$BASH_COMMAND"' ERR

begin_step() { lk_step=$1; }

answer() { printf 'answer\t%s\t%s\n' "$1" "${*:2}" >&"$LK_ANSWERS"; }

# undo CMD…: what takes back the change before it, where the kernel's tables alone don't tell
undo() {
    local line
    printf -v line '%q ' "$@"
    printf 'undo\t%s\n' "$line" >&"$LK_ANSWERS"
}

# used_route MACHINE ADDRESS [from ADDRESS iif LINK]: the route that a packet takes now, in the words of `ip route add`; nothing where
# there is none
used_route() {
    { on "$1" ip -o route get fibmatch "${@:2}" 2>/dev/null || true; } | sed -E 's/\\//g; s/(nhid [0-9]+) via [^ ]+ dev [^ ]+/\1/; s/ +$//'
}

# own_address MACHINE ADDRESS: as it stands there, ADDRESS/LENGTH dev LINK
own_address() {
    on "$1" ip -o -4 addr show | awk -v address="$2" '{ split($4, at, "/"); if (at[1] == address) print $4, "dev", $2 }'
}

# keep_filters MACHINE: before its rules are taken away; all three kinds come back as they are
keep_filters() {
    # shellcheck disable=SC2016  # expanded when it is undone
    undo on "$1" bash -c 'nft flush ruleset; nft -f - <<<"$1"; iptables-restore <<<"$2"; iptables-legacy-restore <<<"$3"' bash \
        "$(on "$1" nft list ruleset)" "$(on "$1" iptables-save)" "$(on "$1" iptables-legacy-save 2>/dev/null || true)"
}

on() {
    printf -v lk_line '%q ' on "$@"
    local name="LK_${1//[^A-Za-z0-9]/_}" net mount uts node pod
    IFS=, read -r net mount uts node pod <<<"${!name:-}"
    if [[ -n $net ]] && { [[ -z $pod ]] || lk_is_there "$net" "$node" "$pod"; }; then
        nsenter --net="/proc/self/fd/$net" --mount="/proc/self/fd/$mount" --uts="/proc/self/fd/$uts" -- "${@:2}" || return
        return
    fi
    # a pod that was made since the script began: it is in its node's /run/netns
    for node in $LK_NODES; do
        name="LK_${node//[^A-Za-z0-9]/_}"
        IFS=, read -r net mount uts _ <<<"${!name}"
        if nsenter --mount="/proc/self/fd/$mount" -- test -e "/run/netns/${pod:-$1}"; then
            nsenter --mount="/proc/self/fd/$mount" --uts="/proc/self/fd/$uts" -- ip netns exec "${pod:-$1}" "${@:2}" || return
            return
        fi
    done
    echo "on: there is no machine $1" >&2
    return 125
}

# lk_is_there DESCRIPTOR NODE POD: whether the pod's name still means this network namespace
lk_is_there() {
    local name="LK_${2//[^A-Za-z0-9]/_}" mount
    IFS=, read -r _ mount _ <<<"${!name}"
    [[ $(nsenter --mount="/proc/self/fd/$mount" -- stat -Lc %i "/run/netns/$3" 2>/dev/null || true) == "$(stat -Lc %i "/proc/self/fd/$1")" ]]
}

lk_failed() {
    local command=$2
    [[ $command != on\ * && $command != return* ]] || command=$lk_line
    printf 'failed\t%s\t%s\t%s\n' "$lk_step" "$1" "${command//[$'\t\n']/ }" >&"$LK_ANSWERS"
}
