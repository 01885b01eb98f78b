# What a lab's scripts can say: `on MACHINE CMD…`, `answer ID VALUE`, `break_something`.
# labkit hands over LK_<machine>="net,mount,uts" (descriptors of the machine's namespaces), LK_NODES (the nodes' names)
# and LK_ANSWERS (a descriptor; lines of words separated by tabs).
set -Eeuo pipefail
lk_step='' lk_line=''
trap 'lk_failed "$?" "$BASH_COMMAND"' ERR

begin_step() { lk_step=$1; }

answer() { printf 'answer\t%s\t%s\n' "$1" "${*:2}" >&"$LK_ANSWERS"; }

break_something() { echo 'nothing breaks here' >&2; return 1; } # a lab's fault takes its place

on() {
    printf -v lk_line '%q ' on "$@"
    local name="LK_${1//[^A-Za-z0-9]/_}" net mount uts node
    if [[ -n ${!name:-} ]]; then
        IFS=, read -r net mount uts <<<"${!name}"
        nsenter --net="/proc/self/fd/$net" --mount="/proc/self/fd/$mount" --uts="/proc/self/fd/$uts" -- "${@:2}" || return
        return
    fi
    # a pod that this script made with `ip netns add`: it is in its node's /run/netns
    for node in $LK_NODES; do
        name="LK_${node//[^A-Za-z0-9]/_}"
        IFS=, read -r net mount uts <<<"${!name}"
        if nsenter --mount="/proc/self/fd/$mount" -- test -e "/run/netns/$1"; then
            nsenter --mount="/proc/self/fd/$mount" --uts="/proc/self/fd/$uts" -- \
                nsenter --net="/run/netns/$1" -- "${@:2}" || return
            return
        fi
    done
    echo "on: there is no machine $1" >&2
    return 125
}

lk_failed() {
    local command=$2
    [[ $command != on\ * && $command != return* ]] || command=$lk_line
    printf 'failed\t%s\t%s\t%s\n' "$lk_step" "$1" "${command//[$'\t\n']/ }" >&"$LK_ANSWERS"
}
