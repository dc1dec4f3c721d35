"""The health of the whole system: one truth for `chancery doctor`, the console and `/metrics`.

`report` has its dataclasses, `problem_types` the table of everything that can be wrong, `gather`
reads the ledger, and `checks` finds the problems in what was read.
"""
