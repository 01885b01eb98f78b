# shellcheck shell=bash
# System packages: which are missing, and installing them (apt, dnf; elsewhere they are listed).

# debian, fedora or other: whose package names and tool this machine uses.
find_family() {
    if command -v apt-get >/dev/null; then
        echo debian
    elif command -v dnf >/dev/null; then
        echo fedora
    else
        echo other
    fi
}

# Rows "debian|fedora|finds|why" of packages.toml that belong to one of the groups.
list_packages() { # GROUP…
    local line row='^\{ debian = "([^"]*)", fedora = "([^"]*)", finds = "([^"]*)", group = "([^"]*)", why = "([^"]*)" \},$'
    while IFS= read -r line; do
        [[ $line =~ $row ]] || continue
        [[ " $* " == *" ${BASH_REMATCH[4]} "* ]] || continue
        printf '%s|%s|%s|%s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" "${BASH_REMATCH[5]}"
    done <"$checkout/labkit/setup/packages.toml"
}

# One of several commands or paths is enough.
is_found() { # CANDIDATE…
    local candidate
    for candidate in "$@"; do
        case $candidate in
            venv) [ -z "$(find_python)" ] || return 0 ;;
            /*) [ ! -e "$candidate" ] || return 0 ;;
            *) ! command -v "$candidate" >/dev/null || return 0 ;;
        esac
    done
    return 1
}

# Ubuntu's release ("jammy"), also of what is made from it; empty elsewhere.
find_ubuntu() { sed -n 's/^UBUNTU_CODENAME=//p' /etc/os-release 2>/dev/null || true; }

# What a package is called here; empty when it is not packaged.
name_package() { # FAMILY DEBIAN FEDORA
    case "$1 $2 $(find_ubuntu)" in
        fedora*) echo "$3" ;;
        other*) [ -z "$3" ] || echo "$2" ;;
        *' python3-venv jammy') echo python3.11-venv ;; # its own Python is 3.10
        *' chromium '?*) ;;                             # a snap there: installing it is the person's own affair
        *) echo "$2" ;;
    esac
}

# Rows "package|why" of what is missing here, by this family's names.
list_missing() { # FAMILY GROUP…
    local family=$1 debian fedora finds why name
    shift
    while IFS='|' read -r debian fedora finds why; do
        # shellcheck disable=SC2086  # several words, on purpose
        ! is_found $finds || continue
        name=$(name_package "$family" "$debian" "$fedora")
        if [ -z "$name" ]; then
            say "not packaged here: $debian ($why); labkit goes on without it"
            continue
        fi
        printf '%s|%s\n' "$name" "$why"
    done < <(list_packages "$@")
}

# Sets `as_root` to what makes a command run as root; asks for the password on a terminal only.
find_root() {
    as_root=()
    [ "$EUID" != 0 ] || return 0
    as_root=(sudo)
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }
}

install_debian() { # PACKAGE…
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2)
    # An interrupted dpkg refuses everything until this is done.
    "${as_root[@]}" dpkg --configure -a
    # A broken list of somebody's own must not stop it: what is really missing, the installation says.
    run_step "reading the lists of packages" "${as_root[@]}" "${apt[@]}" -q update || true
    # Recommendations left out: mininet's would start Open vSwitch on the host.
    run_step "installing $# packages" "${as_root[@]}" "${apt[@]}" -q -y --no-install-recommends install "$@"
}

install_fedora() { # PACKAGE…
    run_step "installing $# packages" "${as_root[@]}" dnf -y --setopt=install_weak_deps=False install "$@"
}

# Installs what is missing of the groups' packages, after saying what and why.
ensure_packages() { # GROUP…
    local family missing names tool
    family=$(find_family)
    missing=$(list_missing "$family" "$@")
    [ -n "$missing" ] || return 0
    say "system packages that are missing:"
    awk -F'|' '{ printf "    %-28s %s\n", $1, $2 }' <<<"$missing" >&2
    read -ra names <<<"$(cut -d'|' -f1 <<<"$missing" | tr '\n' ' ')"
    [ "$family" = debian ] && tool='apt-get install --no-install-recommends' || tool='dnf install'
    [ "$family" != other ] || die "neither apt-get nor dnf is here: install these by hand (names are Debian's), then run this again"
    find_root || die "they need root, and sudo is not to be had here. Ask for: $tool ${names[*]}"
    "install_$family" "${names[@]}" || exit 1
    missing=$(list_missing "$family" "$@" 2>/dev/null | sed 's/|\(.*\)/ (\1)/' | paste -sd ';')
    [ -z "$missing" ] || die "installed, but still not found: $missing"
}
