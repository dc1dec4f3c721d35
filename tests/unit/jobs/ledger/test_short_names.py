"""Provenance and usage have short names in the ledger, which lead back to the long ones."""

from __future__ import annotations

from dataclasses import asdict

from jobs.ledger.short_names import _LONG, _SHORT, lengthened, shortened
from jobs.model.job import Usage
from jobs.model.provenance import provenance_members
from tests.unit.worker.run.test_provenance import WHOLE


def test_names_lead_back() -> None:
    for value in (provenance_members(WHOLE), asdict(Usage(1, 2, 3, 4.0, 5, 6.0, 7.0))):
        assert lengthened(shortened(value)) == value
        assert len(str(shortened(value))) < len(str(value))


def test_each_name_has_its_own_short_one_which_is_no_long_one() -> None:
    assert len(_LONG) == len(_SHORT)
    assert not _LONG.keys() & _SHORT.keys()


def test_long_and_unknown_names_stay() -> None:
    assert lengthened({"model": "m", "later": [{"seed": 1}]}) == {
        "model": "m",
        "later": [{"seed": 1}],
    }
