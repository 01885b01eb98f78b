#!/bin/bash
# In the VM: runs each line of its input as a command; a NUL on each stream, one with its status, says where its words end.
while IFS= read -r line; do
    bash -c "$line" </dev/null
    printf '\0%d\0' $?
    printf '\0' >&2
done
