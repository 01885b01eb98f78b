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

# Opens a file without a name, for a log: nothing of it is left, however this ends. Sets `log` to a path that lasts as long as this.
open_log() {
    local named
    named=$(mktemp "${TMPDIR:-/tmp}/lab.XXXXXX")
    exec {log_descriptor}<>"$named"
    rm -f "$named"
    log=/proc/$BASHPID/fd/$log_descriptor
}

# Runs a command that takes longer than a second; its output is shown only when it fails.
run_step() { # WHAT COMMAND…
    local what=$1 log log_descriptor began=$SECONDS status=0
    shift
    open_log
    say "$what …"
    if "$@" </dev/null 2>&1 | show_newest_line "$log"; then
        say "$what: done in $((SECONDS - began)) s"
    else
        explain_failure "$what" "$log"
        status=1
    fi
    exec {log_descriptor}>&-
    return "$status"
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
