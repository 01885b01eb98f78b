"""`labkit prove`, `build`, `programs`: for those who write labs."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from labkit.cli.printing import print_json, print_progress, print_text
from labkit.errors import UsageError
from labkit.lab.folders import find_lab, list_labs
from labkit.proof.record import FILE, render_record
from labkit.proof.result import Proof


def run_prove(options: argparse.Namespace) -> int:
    """Prove one lab or several; the worst exit status."""
    names = [find_lab(name).name for name in options.labs] or list_labs()
    proofs = [_prove(name) for name in names]
    if options.json:
        data = [proof.to_data() for proof in proofs]
        print_json(data[0] if len(options.labs) == 1 else data)
    else:
        from labkit.show.proof import render_proof

        print_text("\n\n".join(render_proof(proof) for proof in proofs))
    return max((proof.exit_status for proof in proofs), default=0)


def _prove(name: str) -> Proof:
    from labkit.proof.prove import prove

    print_progress(f"{name}: proving")
    proof = prove(name, tell=lambda line: print_progress(f"{name}: {line}"))
    _keep(proof)
    return proof


def _keep(proof: Proof) -> None:
    """Beside the lab, where this checkout may be written to."""
    folder = find_lab(proof.lab)
    if proof.ok:
        with contextlib.suppress(OSError):
            (folder / FILE).write_text(render_record(folder, proof), encoding="utf-8")


def run_programs(_: argparse.Namespace) -> int:
    """Build them if they are not there; their folder."""
    from labkit.programs import ensure_programs

    print_text(str(ensure_programs(lambda line: print_progress(f"programs: {line}"))))
    return 0


def run_build(options: argparse.Namespace) -> int:
    """Notebooks and teachers' pages from lessons and labs; with --check 1 when one is not up to date."""
    from labkit.course.notebooks import ensure_notebooks, find_stale, plan_pages, write_student_notebooks
    from labkit.course.points import read_points

    if options.handout:
        from labkit.course.handout import write_handout

        print_text(f"{write_handout(Path(options.to), options.student)}: written")
        return 0
    if options.answers:
        return _write_answers(options)
    if options.student:
        for path in write_student_notebooks(Path(options.to), options.student, read_points):
            print_text(f"{path}: written")
        return 0
    wanted = plan_pages(read_points)
    stale = find_stale(wanted) if options.check else ensure_notebooks(wanted)
    for path in stale:
        print_text(f"{_name(path)}: {'not what its lab says: labkit build' if options.check else 'written'}")
    return 1 if options.check and stale else 0


def _write_answers(options: argparse.Namespace) -> int:
    from labkit.course.teacher import write_sheet

    if not options.student:
        raise UsageError("--answers: whose?", hint="--student ID; everybody's are in labs/*/teacher.md")
    print_text(f"{write_sheet(Path(options.to), options.student)}: written")
    return 0


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
