"""The rooms' rules: imports go down only, dangerous modules have one home, nothing heavy at import."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "labkit"
# Each may import what stands left of it; doors may import everything.
LAYERS = (
    "typed", "errors", "faces", "timing", "state", "world", "programs", "net", "fabric", "probe", "cni", "kube", "daemons", "agents",
    "cluster", "lab", "check", "proof",
    "show", "course",
)  # fmt: skip
DOORS = ("api", "notebook", "cli", "doctor", "vm")
HEAVY = {
    "scapy",
    "matplotlib",
    "networkx",
    "jupytext",
    "jinja2",
    "pyroute2",
    "numpy",
    "IPython",
    "rich",
    "mininet",
    "nbformat",
    "lightkube",
    "httpx2",
    "tornado",
}
MODULES = sorted(PACKAGE.rglob("*.py"))
LAB_MODULES = sorted((REPOSITORY / "labs").rglob("*.py"))


def find_imports(text: str, package: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(module, name) of every import in a module of the package; name is empty for `import module`."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1] if node.level else [])
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((module, alias.name) for alias in node.names)


def read_imports(path: Path) -> list[tuple[str, str]]:
    return list(find_imports(path.read_text(), path.relative_to(REPOSITORY).parts[:-1]))


def find_rooms(imports: Iterable[tuple[str, str]]) -> set[str]:
    """The rooms of labkit among what is imported."""
    words = [[*module.split("."), name] for module, name in imports]
    return {word[1] for word in words if word[0] == "labkit" and word[1]}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def test_every_room_has_its_place() -> None:
    rooms = {room_of(path) for path in MODULES} - {"__init__", "__main__"}
    assert rooms <= {*LAYERS, *DOORS}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down_only(path: Path) -> None:
    room = room_of(path)
    if room not in LAYERS:
        return
    below = {*LAYERS[: LAYERS.index(room) + 1]}
    assert find_rooms(read_imports(path)) <= below, f"{room} may import {sorted(below)} only"


@pytest.mark.parametrize(
    "line",
    [
        "import labkit.show",
        "import labkit.show.page as page",
        "from labkit import show",
        "from labkit.show import page",
        "from .. import show",
        "from ..show.page import render_page",
        "def late():\n    from labkit.show import page",
    ],
)
def test_every_way_to_import_a_room_is_seen(line: str) -> None:
    assert find_rooms(find_imports(line, ("labkit", "world"))) == {"show"}


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) != "world"], ids=name_of)
def test_subprocess_and_ctypes_live_in_world(path: Path) -> None:
    used = {module.split(".")[0] for module, _ in read_imports(path)}
    assert not used & {"subprocess", "ctypes", "multiprocessing", "pty"}
    assert "os.system(" not in path.read_text()
    assert "os.popen(" not in path.read_text()


FACES = [path for path in MODULES if path.name == "__init__.py" and "lazy(__name__" in path.read_text()]


@pytest.mark.parametrize("path", FACES, ids=name_of)
def test_a_lazy_face_has_no_name_of_a_module_beside_it(path: Path) -> None:
    """Whoever imports that module would find it where the name is expected."""
    names = {name for module, name in read_imports(path) if module.startswith("labkit.")}
    assert not names & {each.stem for each in path.parent.iterdir()}


INSIDE = [path for path in MODULES if "inside" in path.parts]
CLIENT = [path for path in MODULES if room_of(path) == "world" and path not in INSIDE]
SHARED = {"wire", "kernel", "places", "groups", "inside"}  # of labkit.world, known to both halves


def find_world_modules(path: Path) -> set[str]:
    """Of labkit.world, what a module imports: the first word below it."""
    imports = [[*module.split("."), name] for module, name in read_imports(path)]
    return {words[2] for words in imports if words[:2] == ["labkit", "world"]}


@pytest.mark.parametrize("path", INSIDE, ids=name_of)
def test_pid1_knows_nothing_of_its_clients(path: Path) -> None:
    assert find_world_modules(path) <= SHARED
    assert find_rooms(read_imports(path)) <= {"world"}


@pytest.mark.parametrize("path", [path for path in MODULES if path not in INSIDE], ids=name_of)
def test_nobody_imports_pid1(path: Path) -> None:
    assert "inside" not in find_world_modules(path), "PID 1 is asked through its socket"


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) == "agents"], ids=name_of)
def test_agents_know_nothing_of_the_client(path: Path) -> None:
    allowed = {"agents", "daemons", "cni", "kube", "net", "world", "errors", "timing"}
    assert find_rooms(read_imports(path)) <= allowed, "an agent runs inside, as the learner"
    makers = (PACKAGE / "agents" / "start", PACKAGE / "agents" / "containers")  # of processes in other namespaces
    system_calls = {"kernel"} if path.parent in makers else set()
    assert find_world_modules(path) <= {"run_program", "program", "places"} | system_calls


WORLD = [path for path in MODULES if room_of(path) == "world"]


@pytest.mark.parametrize("path", [path for path in WORLD if path not in FACES], ids=name_of)
def test_what_world_imports_it_imports_for_all_to_see(path: Path) -> None:
    assert "TYPE_CHECKING" not in path.read_text()


def test_world_has_no_circles() -> None:
    """Whoever reads a file can read first what it stands on."""
    names = {".".join(path.relative_to(REPOSITORY).with_suffix("").parts): path for path in WORLD if path not in FACES}
    needs = {
        name: {each for module, word in read_imports(path) for each in (module, f"{module}.{word}")} & names.keys()
        for name, path in names.items()
    }
    while ready := {name for name, others in needs.items() if not others & needs.keys()}:
        needs = {name: others for name, others in needs.items() if name not in ready}
    assert needs == {}


@pytest.mark.parametrize("path", WORLD, ids=name_of)
def test_world_needs_the_standard_library_only(path: Path) -> None:
    assert {module.split(".")[0] for module, _ in read_imports(path)} <= {*sys.stdlib_module_names, "labkit"}


def assert_public(module: str, name: str) -> None:
    """`labkit` or one of its rooms, and a name that stands on the room's face."""
    assert len(module.split(".")) <= 2, f"{module} is inside a room"
    assert name, f"import names from {module}, not the module"
    face = importlib.import_module(module)
    assert name in getattr(face, "__all__", dir(face)), f"{module} doesn't offer {name}"


@pytest.mark.parametrize("path", LAB_MODULES, ids=name_of)
def test_labs_use_public_names_only(path: Path) -> None:
    for module, name in read_imports(path):
        if module.split(".")[0] == "labkit" and (module, name) != ("labkit", ""):
            assert_public(module, name)


@pytest.mark.parametrize("path", sorted((REPOSITORY / "notebooks").glob("*.ipynb")), ids=name_of)
def test_notebooks_import_labkit_itself_only(path: Path) -> None:
    cells = json.loads(path.read_text())["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "code" for line in "".join(cell["source"]).splitlines()]
    assert not [line for line in lines if line.startswith(("from labkit.", "import labkit."))]


def test_importing_labkit_is_quick_and_quiet() -> None:
    code = "import sys, labkit, labkit.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert ran.stderr == ""
    assert not set(ran.stdout.split()) & HEAVY


def test_nothing_refers_to_where_it_was_written() -> None:
    traces = [
        "/work/" + "main",
        "/work/" + "shared",
        "../" + "shared",
        "/tmp/" + "issues",
        "fresh-" + "machine",
        "facts/" + "world",
    ]
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=False, cwd=REPOSITORY)
    paths = [REPOSITORY / name for name in listed.stdout.decode().split("\0") if name] or MODULES
    texts = {path: path.read_bytes().decode(errors="ignore") for path in paths if path.is_file()}
    assert [(str(path), trace) for path, text in texts.items() for trace in traces if trace in text] == []


def list_reached_through(text: str) -> list[str]:
    """`.handle`, `.behind` and everything private but a class's own: what is on the other side of a view's wall."""
    reached = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)]
    own = [node for node in reached if isinstance(node.value, ast.Name) and node.value.id == "self"]
    names = [node.attr for node in reached if node not in own]
    return [name for name in names if name in ("handle", "behind") or re.match("_(?!_)", name)]


@pytest.mark.parametrize("path", LAB_MODULES, ids=name_of)
def test_labs_stay_on_their_side_of_the_wall(path: Path) -> None:
    """A check asks by words that are recorded; what is behind a machine's view is not a lab's."""
    assert list_reached_through(path.read_text()) == []


@pytest.mark.parametrize("line", ["view.machine('web').handle.run('ip')", "x[0].behind", "view._lab", "f()._machine"])
def test_every_way_through_the_wall_is_seen(line: str) -> None:
    assert len(list_reached_through(line)) == 1


@pytest.mark.parametrize("path", [path for path in MODULES if path not in FACES], ids=name_of)
def test_what_only_mypy_imports_has_a_reason(path: Path) -> None:
    bare = [line for line in path.read_text().splitlines() if re.match(r"\s*if TYPE_CHECKING:(?!  # \w)", line)]
    assert bare == []
