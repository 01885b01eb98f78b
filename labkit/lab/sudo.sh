#!/bin/bash
# sudo: labkit's. Who works on a machine of a lab is root there already, and there is nobody else: the words are run as they are.
login=
while [ $# -gt 0 ]; do
    case $1 in
        -u | -g | -h | -p | -C | -D | -R | -T | -U | -r | -t | --user | --group) shift ;;
        -i | -s | --login | --shell) login=1 ;;
        -v | -k | -K | -l | --validate | --list | --reset-timestamp) exit 0 ;;
        -V | --version) echo "sudo: labkit's, you are root already"; exit 0 ;;
        --) shift; break ;;
        -*) ;;
        *) break ;;
    esac
    [ $# -eq 0 ] || shift
done
if [ -n "$login" ]; then
    [ $# -gt 0 ] || exec bash
    exec bash -c "$*"
fi
[ $# -gt 0 ] || { echo "usage: sudo COMMAND (you are root already)" >&2; exit 1; }
command -v -- "${1##*=}" >/dev/null || [[ $1 == *=* ]] || { echo "sudo: $1: command not found" >&2; exit 1; }
exec env -- "$@"
