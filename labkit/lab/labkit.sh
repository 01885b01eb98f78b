#!/bin/sh
# labkit, typed on a machine of a lab, where it is not: it looks at the lab from outside.
echo "labkit: this is the machine $(hostname): labkit is typed outside, in another terminal or after exit (Ctrl-D)" >&2
exit 127
