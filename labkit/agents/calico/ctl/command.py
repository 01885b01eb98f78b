"""The command `calicoctl`: its words, options and exit status."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from labkit.agents.calico.ctl import actions
from labkit.agents.calico.ctl.checking import MODES
from labkit.agents.calico.ctl.reading import FORMATS
from labkit.agents.calico.ctl.resources import RESOURCES
from labkit.agents.calico.names import VERSION
from labkit.errors import LabkitError


def main() -> int:
    """One command; its exit status."""
    words = ["-A" if word == "-a" else word for word in sys.argv[1:]]
    said = plan_parser().parse_args(words)
    try:
        return int(said.run(said))
    except LabkitError as error:
        print(error.message + (f" ({error.hint})" if error.hint else ""), file=sys.stderr)
        return 1


class _Parser(argparse.ArgumentParser):
    """With calicoctl's answer to words that it does not know."""

    def error(self, message: str) -> NoReturn:
        typed = " ".join(sys.argv[1:])
        print(
            f"Invalid option: 'calicoctl {typed}'. Use flag '--help' to read about a specific subcommand. ({message})",
            file=sys.stderr,
        )
        sys.exit(1)


def plan_parser() -> argparse.ArgumentParser:
    """All commands that are here."""
    parser = _Parser(
        prog="calicoctl",
        description=f"labkit's stand-in for calicoctl {VERSION}: its words; the objects of this lab, the live BIRD of this node",
        epilog=f"Kinds: {', '.join(each.name for each in RESOURCES)}. Modes of a pool: {', '.join(MODES)}.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _plan_get(commands.add_parser("get", help="show objects"))
    for do in ("create", "apply", "replace", "delete"):
        _plan_writing(commands.add_parser(do, help=f"{do} objects that a file names"), do)
    _plan_patch(commands.add_parser("patch", help="change fields of one object"))
    _plan_label(commands.add_parser("label", help="set a label of one object, or take it away"))
    _plan_ipam(commands.add_parser("ipam", help="addresses"))
    node = commands.add_parser("node", help="about this node").add_subparsers(
        required=True, metavar="COMMAND", parser_class=_Parser
    )
    node.add_parser("status", help="the BGP sessions of this node's BIRD: its neighbours, not itself").set_defaults(
        run=actions.run_status
    )
    commands.add_parser("version", help="of calicoctl and of the cluster's Calico").set_defaults(
        run=actions.run_version
    )
    return parser


def _plan_get(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("-o", "--output", default="ps", metavar="FORMAT", help=f"one of {', '.join(FORMATS)}")
    parser.add_argument("-n", "--namespace", default="", metavar="NS")
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="-a is the same")
    parser.set_defaults(run=actions.run_get)


def _plan_writing(parser: argparse.ArgumentParser, do: str) -> None:
    if do == "delete":
        parser.add_argument("kind", nargs="?", metavar="KIND")
        parser.add_argument("names", nargs="*", metavar="NAME")
        parser.add_argument("-n", "--namespace", default="", metavar="NS")
    parser.add_argument(
        "-f", "--filename", required=do != "delete", metavar="FILE", help="YAML or JSON; -: what is typed"
    )
    parser.set_defaults(run=actions.run_writing, do=do)


def _plan_patch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("-p", "--patch", required=True, metavar="JSON", help="what is to be otherwise")
    parser.set_defaults(run=actions.run_patch)


def _plan_label(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("label", metavar="KEY=VALUE", help="with --remove the KEY alone")
    parser.add_argument("--overwrite", action="store_true", help="also where the key has another value")
    parser.add_argument("--remove", action="store_true", help="take it away")
    parser.add_argument("-n", "--namespace", default="", metavar="NS")
    parser.set_defaults(run=actions.run_label)


def _plan_ipam(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    check = commands.add_parser("check", help="does IPAM say what nodes and pods really have?")
    check.add_argument("--show-problem-ips", action="store_true", help="name each address that has a problem")
    check.set_defaults(run=actions.run_check)
    show = commands.add_parser("show", help="who has which addresses")
    show.add_argument("--ip", metavar="ADDRESS", help="whose one address is")
    show.add_argument("--show-blocks", action="store_true", help="blocks, too")
    show.add_argument("--show-borrowed", action="store_true", help="addresses out of other nodes' blocks")
    show.add_argument("--show-configuration", action="store_true", help="the settings of IPAM")
    show.set_defaults(run=actions.run_show)
