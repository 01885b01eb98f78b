"""`calicoctl label` (calicoctl v3.20, commands/label.go)."""

from __future__ import annotations

from labkit.errors import LabkitError


def change_labels(labels: dict[str, str], key: str, value: str | None, *, overwrite: bool, of: str) -> str:
    """Set a label, or take it away (None); what was done, as calicoctl says it before the object's name. `of`: the object.

    Raises LabkitError: it is there already, or is not there.
    """
    if value is None:
        if key not in labels:
            raise LabkitError(f"can not remove label of {of}, key {key} does not exist", hint="calicoctl get … -o yaml")
        del labels[key]
        return f"removed label {key} from"
    before = labels.get(key)
    if before not in (None, value) and not overwrite:
        there = f"key {key} is already present. please use '--overwrite' to set a new value."
        raise LabkitError(f"failed to update label of {of}, {there}")
    labels[key] = value
    return f"set label {key} on" if before is None else f"updated label {key} on"
