# shellcheck shell=bash
# Running pytest: everything as the person who asked, what depends on who that is once more as the other kind of user.

second_user=labkit-test
# What the second run keeps of the environment; it leaves no files of its user's in the checkout.
kept=(PATH="$PATH" LANG="${LANG:-C.UTF-8}" TERM="${TERM:-dumb}" LABKIT_TIMEOUT_SCALE="${LABKIT_TIMEOUT_SCALE:-1}" PYTHONDONTWRITEBYTECODE=1)

# Most tests wait: two workers a core (docs/measurements.md); what can't stand that has the mark `alone`.
together=(-n "$((2 * $(nproc)))" --again)
unsteady_left=2

# Shows pytest's output as it comes, keeps its closing line for the end and counts the unsteady tests in it: more than two in all are red.
run_pytest() { # NAME COMMAND…
    local name=$1 log last status=0
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/lab.XXXXXX")
    "$@" --unsteady-allowed="$unsteady_left" | tee "$log" || status=$?
    last=$(tail -n 1 "$log")
    closing+=("$name: $last")
    [[ ! $last =~ ([0-9]+)\ unsteady ]] || unsteady_left=$((unsteady_left > BASH_REMATCH[1] ? unsteady_left - BASH_REMATCH[1] : 0))
    rm -f "$log"
    return "$status"
}

# A copy that another user can read, environment and all, for a checkout under a closed home folder.
ensure_readable_copy() { # FOLDER
    say "$second_user can't read $checkout: testing a copy of it"
    (cd "$checkout" && git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null) | tar -x -C "$1"
    cp -a "$venv" "$1/.venv"
    grep -lI "^#!$venv/" "$1"/.venv/bin/* | xargs sed -i "1s|$venv|$1/.venv|"
    install_labkit "$1/.venv" "$1"
    chmod -R go+rX "$1"
}

# As root: the same again as an ordinary user, in a home of its own that is gone afterwards.
run_as_user() { # PYTEST_ARGUMENT…
    local place=$checkout home copy status=0
    id "$second_user" >/dev/null 2>&1 || {
        say "making the account $second_user for the tests (to remove it: userdel $second_user)"
        useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /bin/bash "$second_user"
    }
    home=$(mktemp -d /var/tmp/labkit-home.XXXXXX)
    copy=$(mktemp -d /var/tmp/labkit-copy.XXXXXX)
    # Root's cache is closed to others; this one is a folder prepared by somebody else.
    mkdir -p "$home/prepared/programs"
    cp -a "$programs" "$home/prepared/programs/"
    # Nothing of root's environment: its runtime folder, say, is closed to anybody else.
    local drop=(setpriv --reuid "$second_user" --regid "$second_user" --init-groups env -i "${kept[@]}"
        HOME="$home" USER="$second_user" LOGNAME="$second_user" TMPDIR="$home" LABKIT_CACHE="$home/prepared")
    chown "$second_user:" "$home"
    if ! "${drop[@]}" "$venv/bin/python" -c 'import pytest, labkit' 2>/dev/null; then
        ensure_readable_copy "$copy"
        place=$copy
    fi
    cd "$place"
    run_pytest "as $second_user" "${drop[@]}" "$place/.venv/bin/python" -m pytest -p no:cacheprovider "$@" || status=$?
    cd "$checkout"
    rm -rf "$home" "$copy"
    return "$status"
}

# As an ordinary user: the same again as root.
run_as_root() { # PYTEST_ARGUMENT…
    if ! find_root; then
        closing+=("as root: not run, sudo is not to be had here")
        return 0
    fi
    run_pytest "as root" sudo env "${kept[@]}" HOME=/root "$venv/bin/python" -m pytest -p no:cacheprovider "$@"
}

# Kubernetes' own programs, for the labs with a cluster: built once into the cache, with progress. Sets `programs`.
ensure_programs() {
    programs=$("$venv/bin/labkit" programs) || die "the labs with a cluster can't be tested without them"
}

run_tests() { # all|quick|browser|vm PYTEST_ARGUMENT…
    local status=0 what=$1 closing=() line
    shift
    cd "$checkout"
    case $what in quick | browser | vm) ;; *) ensure_programs ;; esac
    case $what in
        quick) run_pytest "quick" "$venv/bin/python" -m pytest tests -m "not world and not browser" -n "$(nproc)" "$@" || status=$? ;;
        browser) run_pytest "browser" "$venv/bin/python" -m pytest tests/browser "$@" || status=$? ;;
        vm) run_pytest "vm" "$venv/bin/python" -m pytest tests/vm --vm -n0 "$@" || status=$? ;;
        labs) run_pytest "as $(id -un)" "$venv/bin/python" -m pytest tests "${together[@]}" "$@" || status=$? ;;
        all)
            run_pytest "as $(id -un)" "$venv/bin/python" -m pytest tests "${together[@]}" "$@" || status=$?
            if [ "$EUID" = 0 ]; then
                run_as_user tests -m user "${together[@]}" "$@" || status=$?
            else
                run_as_root tests -m user "${together[@]}" "$@" || status=$?
            fi
            ;;
    esac
    for line in "${closing[@]}"; do say "$line"; done
    return "$status"
}
