#!/usr/bin/env bash
# Makes a Debian or Ubuntu of its own ready for the course: system packages, an account, labkit in /opt/labkit, the kernel's modules, if wanted JupyterLab as a service.
# What vm/README.md describes runs it, as root; doing it twice is doing it once.
set -euo pipefail

source=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
checkout=/opt/labkit
user=learner
service=
programs=

usage() {
    cat <<'TEXT'
vm/provision.sh [--user NAME] [--service] [--programs]
    --user NAME   whose course it is (learner); made when there is no such account, without a password
    --service     JupyterLab begins with the machine, on 127.0.0.1:8888; its address stands in the journal and on the console
    --programs    build Kubernetes' programs now (6 minutes), so that no network is needed later
TEXT
}

# The files, and nothing that was made from them. What the learner has in work/ stays.
ensure_checkout() {
    local made=(--exclude=./.venv --exclude=./.git --exclude=./work --exclude='*.pyc')
    [ "$source" = "$checkout" ] || { mkdir -p "$checkout" && tar -C "$source" "${made[@]}" -c . | tar -C "$checkout" --no-same-owner -x; }
    chown -R "$user:" "$checkout"
}

ensure_account() {
    id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
}

as_user() { runuser -u "$user" -- env -C "$checkout" HOME="$(getent passwd "$user" | cut -d: -f6)" "$@"; }

# Modules that only root can load (the doctor's list), now and at each start. In a container they are the host's affair.
ensure_modules() {
    local modules
    mapfile -t modules < <(as_user .venv/bin/python -c 'from labkit.doctor import list_modules; print(*list_modules(), sep="\n")')
    mkdir -p /etc/modules-load.d
    printf '%s\n' "${modules[@]}" >/etc/modules-load.d/labkit.conf
    modprobe -a "${modules[@]}" 2>/dev/null || say "not all modules could be loaded here (a container, or a smaller kernel): labkit doctor says what is missing"
}

# A leading "-": a kernel without it is as good.
ensure_switches() {
    cat >/etc/sysctl.d/labkit.conf <<'TEXT'
# ipip would put a tunl0 into every machine of every lab
-net.core.fb_tunnels_only_for_init_net = 1
# labs are user namespaces of ordinary users: Debian's switch, Ubuntu's
-kernel.unprivileged_userns_clone = 1
-kernel.apparmor_restrict_unprivileged_userns = 0
TEXT
    sysctl -q -p /etc/sysctl.d/labkit.conf 2>/dev/null || say "the kernel's switches can't be changed here (a container?): labkit doctor says whether one is missing"
}

ensure_service() {
    cat >/etc/systemd/system/labkit.service <<TEXT
[Unit]
Description=labkit: the course in JupyterLab, on 127.0.0.1:8888
After=network.target

[Service]
User=$user
WorkingDirectory=$checkout
ExecStart=$checkout/lab up --no-browser
StandardOutput=journal+console
Restart=on-failure
# labs' memory is bounded by control groups of their own
Delegate=yes

[Install]
WantedBy=multi-user.target
TEXT
    systemctl enable labkit.service
    [ ! -d /run/systemd/system ] || { systemctl daemon-reload && systemctl restart labkit.service; }
}

while [ $# -gt 0 ]; do
    case $1 in
        --user) [ $# -gt 1 ] || { usage >&2; exit 2; }; user=$2; shift 2 ;;
        --service | --programs) printf -v "${1#--}" yes; shift ;;
        -h | --help) usage; exit ;;
        *) usage >&2; exit 2 ;;
    esac
done
# shellcheck source=labkit/setup/report.sh
. "$source/labkit/setup/report.sh"
[ "$EUID" = 0 ] || die "vm/provision.sh changes the whole machine and runs as root: sudo vm/provision.sh"
ensure_account
ensure_checkout
# shellcheck source=labkit/setup/system.sh
. "$checkout/labkit/setup/system.sh"
# shellcheck source=labkit/setup/python.sh
. "$checkout/labkit/setup/python.sh"
ensure_packages up
# Debian starts a BIRD of the machine's own; labs start theirs
systemctl disable --now bird.service 2>/dev/null || true
as_user ./lab setup
ensure_modules
ensure_switches
[ -z "$programs" ] || as_user .venv/bin/labkit programs
[ -z "$service" ] || ensure_service
say "ready: as $user, $checkout/lab up"
