# shellcheck shell=bash
# Completion of kubectl's words: its own script, read when the first <Tab> asks for it.

# What kubectl's script needs of the package bash-completion, where that is not installed.
declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
    # shellcheck disable=SC2034 # its caller's variables
    cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
}

_load_kubectl() {
    # shellcheck source=/dev/null
    . <(kubectl completion bash)
    return 124 # complete anew (bash(1), Programmable Completion)
}
complete -F _load_kubectl kubectl
