# cause: missing-label | wrong-selector
# where: control
# report: "{{ e.name }} has no figures of {{ c.name }} since somebody tidied up. Customers notice nothing."
# shows: {{ e.name }} to {{ c.name }} is silence, dropped at {{ c.name }}'s cable; the policy is as it was, but the namespace {{ ops }} has lost the label team=ops.
on control kubectl label namespace {{ ops }} team-
undo on control kubectl label namespace {{ ops }} team=ops --overwrite
