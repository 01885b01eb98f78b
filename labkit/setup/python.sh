# shellcheck shell=bash
# The virtual environment: where it is, whether it is up to date, and making it from the locks.

# The interpreter for the environment: Debian's own where it will do; never one under somebody's home, which serves nobody else.
find_python() {
    local candidate real
    for candidate in /usr/bin/python3 $(type -ap python3 python3.14 python3.13 python3.12 python3.11 || true); do
        real=$(readlink -f "$candidate")
        case $real in /root/* | /home/* | "$HOME"/*) continue ;; esac
        # A uv or pyenv shim, a Python without ensurepip (Debian's python3-venv): not this one.
        "$candidate" -I -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        echo "$candidate"
        return
    done
}

# May this person keep files in the checkout? Root in somebody else's checkout may not: they would be root's.
is_mine() { [ -w "$checkout" ] && [ -O "$checkout" ]; }

# What an environment was made from: the locks, this checkout, the interpreter.
read_key() { # VENV
    local sum
    sum=$({ cat "$checkout"/labkit/setup/*.lock; sed '/^\[tool\.[rmp]/,$d' "$checkout/pyproject.toml"; } | sha256sum | cut -d' ' -f1)
    printf '%s %s %s\n' "$sum" "$1" "$(readlink -f "$1/bin/python")"
}

# Tests' packages include the learner's, so an environment for tests will do for both.
is_ready() { # VENV learner|test
    local stamp
    stamp=$(cat "$1/labkit-made-from" 2>/dev/null) || return 1
    [ -x "$1/bin/labkit" ] && [ -x "$1/bin/python" ] || return 1
    [ "$stamp" = "test $(read_key "$1")" ] || [ "$stamp" = "$2 $(read_key "$1")" ]
}

# The checkout's own environment, or one in the person's data folder when the checkout can't be written.
find_venv() { # learner|test
    if is_mine || is_ready "$checkout/.venv" "$1"; then
        echo "$checkout/.venv"
    else
        echo "${XDG_DATA_HOME:-$HOME/.local/share}/labkit/venv-$(printf %s "$checkout" | sha256sum | cut -c1-8)"
    fi
}

# uv is ten times as fast; pip understands more proxies and mirrors, so it has the last word.
install_lock() { # VENV WHAT LOCK
    local flags=(--require-hashes --no-build-isolation -r "$3")
    if command -v uv >/dev/null; then
        run_step "$2, with uv" uv pip install --quiet --compile-bytecode --python "$1/bin/python" "${flags[@]}" && return 0
        say "uv could not; trying pip"
    fi
    run_step "$2" "$1/bin/python" -I -m pip install --retries 2 --no-input --disable-pip-version-check --progress-bar off "${flags[@]}"
}

# labkit itself, from this checkout as it stands. Its metadata are built elsewhere, since the checkout may be read-only.
install_labkit() { # VENV [CHECKOUT]
    local scratch=$1/labkit-scratch status=0
    mkdir -p "$scratch"
    printf '[egg_info]\negg_base=%s\n' "$scratch" >"$scratch/setup.cfg"
    DIST_EXTRA_CONFIG="$scratch/setup.cfg" run_step "installing labkit" \
        "$1/bin/python" -I -m pip install --no-input --disable-pip-version-check --no-deps --no-build-isolation -e "${2:-$checkout}" || status=1
    rm -rf "$scratch"
    # worlds read the checkout and can't write to it: without this every agent in them would compile what it imports
    "$1/bin/python" -I -m compileall -q "${2:-$checkout}/labkit" >/dev/null || true
    return "$status"
}

# An installation that was cut short may have half a package in it: that one is made anew.
ensure_empty_or_whole() { # VENV
    local python
    [ ! -e "$1/labkit-installing" ] && [ -x "$1/bin/python" ] && [ -e "$1/labkit-made-from" ] && return 0
    python=$(find_python)
    [ -n "$python" ] || die "Python 3.11 or later with its venv module is needed, and none was found outside home folders"
    mkdir -p "$(dirname "$1")" || die "can't make $(dirname "$1")"
    run_step "making the environment $1 from $python" "$python" -I -m venv --clear "$1"
}

# One installation at a time: two would write into each other's files.
wait_for_turn() {
    exec 9<"$checkout/lab"
    flock -n 9 && return 0
    say "another ./lab is installing here: waiting for it"
    flock 9
}

# Once for tests, always for tests: `up` doesn't take their packages away.
install_venv() { # VENV learner|test
    local kind=$2 locks=$checkout/labkit/setup
    ensure_empty_or_whole "$1" || return 1
    ! grep -qs '^test ' "$1/labkit-made-from" || kind="test"
    touch "$1/labkit-installing"
    install_lock "$1" "installing the build tools" "$locks/build.lock" || return 1
    install_lock "$1" "installing the Python packages ($kind.lock), about a minute" "$locks/$kind.lock" || return 1
    install_labkit "$1" || return 1
    echo "$kind $(read_key "$1")" >"$1/labkit-made-from"
    rm "$1/labkit-installing"
}

# Sets `venv` to an environment that has what the kind of work needs.
ensure_venv() { # learner|test
    venv=$(find_venv "$1")
    ! is_ready "$venv" "$1" || return 0
    wait_for_turn
    is_ready "$venv" "$1" || install_venv "$venv" "$1" || exit 1
    exec 9<&-
}
