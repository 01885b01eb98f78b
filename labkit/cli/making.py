"""`labkit prove`, `build`: for those who write labs."""

from __future__ import annotations

import argparse
from pathlib import Path

from labkit.check.proof import Proof, render_table, replace_table
from labkit.cli.printing import print_json, print_progress
from labkit.lab.course import find_lab, find_labs_folder, list_labs
from labkit.lab.definition import read_definition


def run_prove(options: argparse.Namespace) -> int:
    """Prove one lab or several; the worst exit status."""
    names = [find_lab(name).name for name in options.labs] or list_labs()
    proofs = [_prove(name) for name in names]
    if options.json:
        data = [proof.to_data() for proof in proofs]
        print_json(data[0] if len(options.labs) == 1 else data)
    else:
        from labkit.show.proof import render_proof

        print("\n\n".join(render_proof(proof) for proof in proofs))
    if options.table:
        _write_table(proofs)
    return max((proof.exit_status for proof in proofs), default=0)


def _prove(name: str) -> Proof:
    from labkit.check.proving import prove

    print_progress(f"{name}: proving")
    return prove(name, tell=lambda line: print_progress(f"{name}: {line}"))


def _write_table(proofs: list[Proof]) -> None:
    """The table of labs in the README, between its marks; a lab that was not proven now is not in it."""
    rows = []
    for proof in proofs:
        definition = read_definition(find_lab(proof.lab))
        rows.append((proof.lab, definition.title, definition.minutes, proof))
    readme = find_labs_folder().parent / "README.md"
    readme.write_text(replace_table(readme.read_text(encoding="utf-8"), render_table(rows)), encoding="utf-8")


def run_build(options: argparse.Namespace) -> int:
    """Notebooks and teachers' pages from lessons and labs; with --check 1 when one is not up to date."""
    from labkit.check.worth import read_points
    from labkit.lab.build import ensure_notebooks, find_stale, plan_pages, write_student_notebooks

    if options.student:
        for path in write_student_notebooks(Path(options.to), options.student, read_points):
            print(f"{path}: written")
        return 0
    wanted = plan_pages(read_points)
    stale = find_stale(wanted) if options.check else ensure_notebooks(wanted)
    for path in stale:
        print(f"{_name(path)}: {'not what its lab says: labkit build' if options.check else 'written'}")
    return 1 if options.check and stale else 0


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
