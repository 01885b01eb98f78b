"""The kernel's state as frozen values, each from one command of the judge that a learner can repeat."""
