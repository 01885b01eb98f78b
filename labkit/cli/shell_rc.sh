# Read by the bash of `labkit shell`: the machine's own ~/.bashrc, then a hook that reports every line that was run.
# LABKIT_RC is the descriptor this comes from, LABKIT_JOURNAL the one that takes STATUS <tab> LINE <nul>.
exec {LABKIT_RC}<&-
cd || return
unset LABKIT_RC PAGER COLUMNS
# shellcheck source=/dev/null
[ ! -r ~/.bashrc ] || . ~/.bashrc
HISTCONTROL='' HISTTIMEFORMAT=''

__labkit_report() {
    local status=$? number line
    read -r -d '' number line < <(builtin history 1)
    # at the first prompt the last line is an earlier shell's; the same number again is an empty line
    [[ -z ${__labkit_number+set} || $number == "$__labkit_number" ]] || printf '%s\t%s\0' "$status" "$line" >&"$LABKIT_JOURNAL"
    __labkit_number=$number
    return "$status"
}
PROMPT_COMMAND=__labkit_report
trap __labkit_report EXIT
