#!/usr/bin/env bash
# Hosts on a bridge by iproute2's batch mode, in namespaces made for it: prints the seconds as JSON.
set -euo pipefail
folder=$1
mount -t tmpfs tmpfs /run

began=$EPOCHREALTIME
ip -batch "$folder/fabric"
for host in "$folder"/host-*; do
    ip -n "${host##*/host-}" -batch "$host"
done
built=$EPOCHREALTIME
ip -batch "$folder/down"
ended=$EPOCHREALTIME

awk -v began="$began" -v built="$built" -v ended="$ended" \
    'BEGIN { printf "{\"build\": %.6f, \"down\": %.6f}\n", built - began, ended - built }'
