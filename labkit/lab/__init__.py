"""A lab: its definition, lesson, variants, faults and journal."""
