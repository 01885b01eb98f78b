# shellcheck shell=bash
# What the person sees of a long step: that it goes on, and why it failed.

say() { printf 'lab: %s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# Shows the newest line of a command's output in place, while all of it goes to the log.
show_newest_line() { # LOG
    local line width=${COLUMNS:-80}
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$1"
        [ ! -t 2 ] || printf '\r\033[K    %s' "${line:0:$((width - 5))}" >&2
    done
    [ ! -t 2 ] || printf '\r\033[K' >&2
}

# Runs a command that takes longer than a second; its output is shown only when it fails.
run_step() { # WHAT COMMAND…
    local what=$1 log began=$SECONDS
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/lab.XXXXXX")
    say "$what …"
    if "$@" </dev/null 2>&1 | show_newest_line "$log"; then
        say "$what: done in $((SECONDS - began)) s"
        rm -f "$log"
        return 0
    fi
    explain_failure "$what" "$log"
    rm -f "$log"
    return 1
}

# Names what could not be fetched, when that was the reason; else shows the end of the output.
explain_failure() { # WHAT LOG
    local unreachable='Failed to fetch|Could not resolve|Temporary failure|NewConnectionError|NameResolutionError|ConnectTimeout|Max retries exceeded|Network is unreachable|Could not connect|error sending request|dns error|Unable to locate package'
    local wanted='s/.*(No matching distribution found for|Failed to fetch:?|Could not fetch URL|Unable to locate package) *//p'
    if grep -qE "$unreachable" "$2"; then
        say "$1: could not fetch:"
        { sed -nE "$wanted" "$2" | grep . || grep -E "$unreachable" "$2"; } | sort -u | head -n 8 | sed 's/^/    /' >&2
        say "is there a network (a proxy, a mirror)? Then run the same command again: it goes on from here"
    else
        tail -n 25 "$2" | sed 's/^/    /' >&2
        say "$1: failed, the last lines are above"
    fi
}
