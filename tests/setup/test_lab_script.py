"""`./lab` and its parts: what is missing, what is said, which environment is used. Nothing is installed here."""

from __future__ import annotations

import getpass
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.timing import scale

REPOSITORY = Path(__file__).parents[2]
SETUP = REPOSITORY / "labkit" / "setup"
PARTS = ("report", "system", "python", "tests")
Shell = Callable[..., subprocess.CompletedProcess[str]]


def run_lab(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([REPOSITORY / "lab", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Runs bash with ./lab's parts read in and a copy of the checkout's set-up files as `checkout`."""
    checkout = tmp_path / "checkout"
    shutil.copytree(SETUP, checkout / "labkit" / "setup")
    shutil.copy(REPOSITORY / "pyproject.toml", checkout)
    shutil.copy(REPOSITORY / "lab", checkout)
    read_in = "".join(f". {SETUP / part}.sh\n" for part in PARTS)

    def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        whole = f"set -euo pipefail\ncheckout={checkout}\n{read_in}{script}"
        settings = {**os.environ, "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path), **environment}
        return subprocess.run(["bash", "-c", whole], capture_output=True, text=True, check=False, env=settings)

    return run


def read_packages() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = tomllib.loads((SETUP / "packages.toml").read_text())["packages"]
    return rows


# the command line


def test_help() -> None:
    ran = run_lab("--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "./lab up" in ran.stdout


@pytest.mark.parametrize("words", [[], ["nonsense"], ["up", "--port"], ["up", "extra"], ["setup", "--more"], ["vm"]])
def test_usage_errors(words: list[str]) -> None:
    ran = run_lab(*words)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert "./lab up [--port P]" in ran.stderr


def test_runs_from_anywhere_and_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "lab"
    link.symlink_to(REPOSITORY / "lab")
    ran = subprocess.run([link, "--help"], capture_output=True, text=True, check=False, cwd="/")
    assert ran.returncode == 0


@pytest.mark.parametrize("name", ["ensurepip", "sys", "venv", "json", "secrets", "labkit", "argparse", "pip", "site"])
def test_nothing_of_the_current_folder_is_run(tmp_path: Path, name: str) -> None:
    """It may be somebody else's. `setup` finds all made already, `up` ends at the first thing it is asked."""
    (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    for program in ("python3", "id", "flock", "sha256sum"):
        (tmp_path / program).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (tmp_path / program).chmod(0o755)
    environment = {**os.environ, "PATH": f".:{os.environ['PATH']}:"}
    for words in (["setup"], ["up", "--port", "0"]):
        subprocess.run(
            [REPOSITORY / "lab", *words], cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=60
        )
        assert not (tmp_path / "ran").exists(), words


@pytest.mark.parametrize("home", [None, "", "relative", "/nonexistent", "/dev/null"])
def test_a_home_that_is_none_is_the_account_s(home: str | None) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "HOME"} | (
        {} if home is None else {"HOME": home}
    )
    ran = subprocess.run(
        ["bash", "-c", f"set -- --help; . {REPOSITORY}/lab >/dev/null; echo $HOME"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == f"{pwd.getpwuid(os.geteuid()).pw_dir}\n"


@pytest.mark.alone
def test_a_second_time_is_quick(shell: Shell) -> None:
    if shell(f'checkout={REPOSITORY}; is_ready "$checkout/.venv" test').returncode:
        pytest.skip("the tests don't run in the environment that ./lab makes: run them with ./lab test")
    began = time.monotonic()
    assert run_lab("setup").returncode == 0
    assert time.monotonic() - began < scale(3)


# system packages


@pytest.mark.parametrize("groups", [["up"], ["test"], ["up", "test"], ["vm"]])
def test_bash_and_python_read_the_same_packages(shell: Shell, groups: list[str]) -> None:
    wanted = [
        "|".join(row[key] for key in ("debian", "fedora", "finds", "why"))
        for row in read_packages()
        if row["group"] in groups
    ]
    assert shell(f"list_packages {' '.join(groups)}").stdout.splitlines() == wanted
    assert wanted


def test_packages_are_explained() -> None:
    for row in read_packages():
        assert row["why"]
        assert row["finds"]
        assert row["group"] in {"up", "test", "vm"}


def test_one_of_several_commands_is_enough(shell: Shell) -> None:
    assert shell("is_found no-such-command bash").returncode == 0
    assert shell("is_found /no/such/path /etc").returncode == 0
    assert shell("is_found no-such-command /no/such/path").returncode == 1


MISSING = "is_found() { [[ $1 != ip && $1 != mnexec ]]; }\n"


def test_nothing_missing_is_silent(shell: Shell) -> None:
    ran = shell("is_found() { true; }\nensure_packages up test")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_elsewhere_the_list_is_printed_and_it_stops(shell: Shell) -> None:
    ran = shell(MISSING + "find_family() { echo other; }\nensure_packages up\necho went on")
    assert ran.returncode == 1
    assert "iproute2" in ran.stderr
    assert "ip, bridge, tc, ss" in ran.stderr
    assert "install these by hand" in ran.stderr
    assert "went on" not in ran.stdout


def test_without_root_it_says_what_to_ask_for(shell: Shell) -> None:
    ran = shell(MISSING + "find_family() { echo debian; }\nfind_root() { false; }\nensure_packages up\necho went on")
    assert ran.returncode == 1
    assert "apt-get install --no-install-recommends iproute2 mininet" in ran.stderr
    assert "went on" not in ran.stdout


INSTALLING = """
run_step() { echo "$@"; present=yes; }
find_root() { as_root=(sudo); }
sudo() { echo sudo "$@"; }
is_found() { [ -n "${present:-}" ] || [[ $1 != ip && $1 != mnexec ]]; }
"""


def test_apt_installs_what_is_missing_and_no_more(shell: Shell) -> None:
    ran = shell(INSTALLING + "find_family() { echo debian; }\nensure_packages up test")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].endswith("--no-install-recommends install iproute2 mininet")


def test_dnf_uses_fedoras_names_and_leaves_out_what_it_lacks(shell: Shell) -> None:
    ran = shell(INSTALLING + "find_family() { echo fedora; }\nensure_packages up")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].endswith("install iproute iproute-tc")
    assert "not packaged here: mininet" in ran.stderr


def test_ubuntu_has_chromium_as_a_snap_only(shell: Shell) -> None:
    ran = shell(
        "is_found() { [ $1 != chromium ]; }\nfind_family() { echo debian; }\nfind_ubuntu() { echo noble; }\nensure_packages up test"
    )
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "not packaged here: chromium" in ran.stderr


@pytest.mark.parametrize(
    ("family", "release", "names"),
    [
        ("debian", "", ["chromium", "python3-venv", "mininet"]),
        ("debian", "noble", ["", "python3-venv", "mininet"]),
        ("debian", "jammy", ["", "python3.11-venv", "mininet"]),
        ("fedora", "", ["chromium", "python3", ""]),
        ("other", "", ["chromium", "python3-venv", ""]),
    ],
)
def test_packages_are_called_as_they_are_here(shell: Shell, family: str, release: str, names: list[str]) -> None:
    asked = "; ".join(
        f"name_package {family} {pair} || exit" for pair in ("chromium chromium", "python3-venv python3", "mininet ''")
    )
    ran = shell(f"find_ubuntu() {{ echo {release}; }}\n{asked}")
    assert (ran.returncode, ran.stdout.split()) == (0, [name for name in names if name])


def test_installed_but_not_found_is_an_error(shell: Shell) -> None:
    ran = shell(INSTALLING + "run_step() { :; }\nfind_family() { echo debian; }\nensure_packages up")
    assert ran.returncode == 1
    assert "still not found: iproute2" in ran.stderr


# what a person sees


def test_a_step_that_works_keeps_its_output_to_itself(shell: Shell, tmp_path: Path) -> None:
    ran = shell('run_step "counting" seq 100')
    assert ran.returncode == 0
    assert ran.stdout == ""
    assert "counting" in ran.stderr
    assert "57" not in ran.stderr
    assert not list(tmp_path.glob("lab.*"))


def test_a_step_that_is_killed_leaves_nothing(shell: Shell, tmp_path: Path) -> None:
    ran = shell('run_step "counting" bash -c "ls ${TMPDIR}; kill -9 $$"')
    assert ran.returncode == -signal.SIGKILL
    assert not list(tmp_path.glob("lab.*"))


def test_a_step_that_fails_shows_why(shell: Shell) -> None:
    ran = shell('run_step "counting" bash -c "seq 100; echo the reason; exit 3"')
    assert ran.returncode == 1
    assert "the reason" in ran.stderr
    assert "counting: failed" in ran.stderr


PIP_OFFLINE = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /simple/setuptools/
ERROR: Could not find a version that satisfies the requirement setuptools==84.2.1 (from versions: none)
ERROR: No matching distribution found for setuptools==84.2.1"""
APT_OFFLINE = """\
Err:1 http://deb.debian.org/debian bookworm InRelease
E: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'"""


@pytest.mark.parametrize(
    ("output", "what"), [(PIP_OFFLINE, "setuptools==84.2.1"), (APT_OFFLINE, "debian/dists/bookworm/InRelease")]
)
def test_without_a_network_it_names_what_could_not_be_fetched(shell: Shell, output: str, what: str) -> None:
    ran = shell(f"fail() {{ cat <<'END'\n{output}\nEND\nreturn 1; }}\nrun_step 'installing' fail")
    assert ran.returncode == 1
    assert "could not fetch" in ran.stderr
    assert what in ran.stderr
    assert "run the same command again" in ran.stderr


# the environment


def test_python_is_a_real_one_and_not_under_a_home(shell: Shell, tmp_path: Path) -> None:
    own = tmp_path / "home" / "bin"
    own.mkdir(parents=True)
    (own / "python3").write_text("#!/bin/sh\nexit 0\n")
    (own / "python3").chmod(0o755)
    found = shell("find_python", PATH=f"{own}:{os.environ['PATH']}").stdout.strip()
    assert found
    assert not Path(found).resolve().is_relative_to(tmp_path)
    assert not Path(found).resolve().is_relative_to("/root")


FAKE_VENV = """
made=$checkout/.venv
mkdir -p "$made/bin"
ln -sf /usr/bin/env "$made/bin/labkit"
ln -sf /usr/bin/env "$made/bin/python"
echo "{kind} $(read_key "$made")" >"$made/labkit-made-from"
"""


@pytest.mark.parametrize(
    ("kind", "wanted", "ready"), [("learner", "test", 1), ("test", "learner", 0), ("learner", "learner", 0)]
)
def test_an_environment_for_tests_serves_learners_too(shell: Shell, kind: str, wanted: str, ready: int) -> None:
    assert shell(FAKE_VENV.format(kind=kind) + f'is_ready "$made" {wanted}').returncode == ready


@pytest.mark.parametrize("changed", ["learner.lock", "build.lock", "test.lock"])
def test_a_changed_lock_makes_it_stale(shell: Shell, changed: str) -> None:
    script = FAKE_VENV.format(kind="test") + f'echo >>"$checkout/labkit/setup/{changed}"\nis_ready "$made" learner'
    assert shell(script).returncode == 1


def test_a_moved_checkout_makes_it_stale(shell: Shell) -> None:
    script = FAKE_VENV.format(kind="test") + 'mv "$made" "$checkout/elsewhere"\nis_ready "$checkout/elsewhere" learner'
    assert shell(script).returncode == 1


def test_an_interrupted_installation_is_made_anew(shell: Shell) -> None:
    script = FAKE_VENV.format(kind="test") + 'run_step() { echo "$*"; }\n'
    assert shell(script + 'ensure_empty_or_whole "$made"').stdout == ""
    again = shell(script + 'touch "$made/labkit-installing"\nensure_empty_or_whole "$made"').stdout
    assert "-m venv --clear" in again


def test_a_checkout_that_is_not_mine_gets_an_environment_elsewhere(shell: Shell, tmp_path: Path) -> None:
    script = "is_mine() { false; }\nfind_venv learner"
    found = shell(script, XDG_DATA_HOME=str(tmp_path / "data")).stdout.strip()
    assert Path(found).is_relative_to(tmp_path / "data" / "labkit")


def test_a_ready_environment_of_somebody_elses_checkout_is_used(shell: Shell, tmp_path: Path) -> None:
    found = shell(FAKE_VENV.format(kind="learner") + "is_mine() { false; }\nfind_venv learner").stdout.strip()
    assert found == str(tmp_path / "checkout" / ".venv")


def test_a_failed_download_is_not_taken_for_done(shell: Shell) -> None:
    script = """
    run_step() { case "$*" in *venv*--clear*) mkdir -p "$checkout/.venv";; *"the Python packages"*) return 1;; esac; }
    status=0; (ensure_venv learner) || status=$?
    echo "status $status"; ls -A "$checkout/.venv"
    """
    assert shell(script, PATH="/usr/bin:/bin").stdout.split() == ["status", "1", "labkit-installing"]


# locks


def parse_lock(name: str) -> dict[str, str]:
    text = (SETUP / name).read_text()
    return {f"{line}".split(" ")[0]: line for line in text.splitlines() if re.match(r"[a-z]", line)}


@pytest.mark.parametrize("name", ["build.lock", "go.lock", "learner.lock", "test.lock", "vm.lock"])
def test_every_locked_package_has_a_hash_and_no_address(name: str) -> None:
    text = (SETUP / name).read_text()
    blocks = re.split(r"\n(?=[a-z])", text)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_the_locks_agree_and_learners_get_the_lean_one() -> None:
    build, learner, test = (parse_lock(f"{name}.lock").keys() for name in ("build", "learner", "test"))
    assert [entry.partition("==")[0] for entry in build - learner] == ["pip"]
    assert learner <= test
    names = {entry.split("==")[0] for entry in learner}
    assert not names & {"pytest", "playwright", "mypy", "ruff", "nbgrader", "hypothesis"}


def test_the_lock_covers_what_pyproject_asks_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["test"]
    locked = {entry.split("==")[0] for entry in parse_lock("test.lock")}
    assert {re.split(r"[=<>]", name)[0] for name in asked} <= locked


def test_conda_uses_the_same_lock() -> None:
    text = (REPOSITORY / "environment.yml").read_text()
    assert "labkit/setup/learner.lock" in text


# running the tests

FAKE_PYTEST = """
venv=$checkout/venv
mkdir -p "$venv/bin"
printf '#!/bin/sh\\necho "$@" >>%s/asked\\necho "=== 5 passed{also} in 3.00s ==="\\nexit {status}\\n' "$checkout" >"$venv/bin/python"
chmod +x "$venv/bin/python"
ensure_programs() {{ programs=$checkout/programs; }}
run_as_user() {{ run_pytest "as another" "$venv/bin/python" "$@"; }}
run_as_root() {{ run_as_user "$@"; }}
"""


def test_unsteady_tests_are_counted_over_both_runs(shell: Shell, tmp_path: Path) -> None:
    ran = shell(FAKE_PYTEST.format(also=", 1 unsteady", status=0) + "run_tests all -k this")
    first, second = (tmp_path / "checkout" / "asked").read_text().splitlines()
    assert "-k this" in first
    assert "-k this" in second
    assert "--unsteady-allowed=2" in first
    assert "--unsteady-allowed=1" in second
    assert "-m user" in second
    assert "-m user" not in first
    assert ran.stderr.splitlines()[-2:] == [
        f"lab: as {who}: === 5 passed, 1 unsteady in 3.00s ===" for who in (getpass.getuser(), "another")
    ]
    assert ran.returncode == 0


@pytest.mark.parametrize("what", ["all", "quick", "labs", "browser"])
def test_red_is_red_whatever_was_run(shell: Shell, what: str) -> None:
    ran = shell(FAKE_PYTEST.format(also=", 1 failed", status=1) + f"run_tests {what}")
    assert ran.returncode == 1
    assert "5 passed, 1 failed" in ran.stderr.splitlines()[-1]


@pytest.mark.parametrize("words", [("03",), ("03-bridge",), ("--quick", "03"), ("03", "--", "-x")])
def test_a_lab_is_named_by_its_number_too(shell: Shell, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "checkout" / "labs" / "03-bridge").mkdir(parents=True)
    (tmp_path / "checkout" / "labs" / "03-bridge" / "lab.toml").touch()
    text = (REPOSITORY / "lab").read_text()
    functions = text[text.index("usage()") : text.index("trap ")]
    ran = shell(f'{functions}\nensure_test() {{ :; }}\nrun_tests() {{ echo "$@"; }}\ndo_test {" ".join(words)}')
    asked = ran.stdout.split()
    assert asked[0] == ("quick" if "--quick" in words else "labs")
    assert asked[1] == "--lab=03-bridge"
    assert asked[2:] == (["-x"] if "-x" in words else [])


def test_a_lab_that_is_not_there_is_a_usage_error() -> None:
    ran = run_lab("test", "99-nothing")
    assert ran.returncode == 2
    assert "no lab 99-nothing" in ran.stderr
