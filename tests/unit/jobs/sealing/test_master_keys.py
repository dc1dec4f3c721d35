"""Master keys: how they are read, and what they wrap."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from jobs.model.problems import ProblemError
from jobs.process.settings import StoreSettings
from jobs.sealing.ciphers import CipherName
from jobs.sealing.errors import Damaged, UnusableKeys
from jobs.sealing.master_keys import MasterKeys
from tests.sealing import master_key


def keys(*numbers: int, cipher: CipherName = CipherName.aes) -> MasterKeys:
    return MasterKeys.parse("\n".join(map(master_key, numbers)), cipher)


@pytest.mark.parametrize("cipher", list(CipherName))
def test_a_value_is_unwrapped_in_its_own_context_only(cipher: CipherName) -> None:
    master = keys(1, cipher=cipher)
    wrapped = master.wrap(b"a data key", b"tax/aa/doc_1")
    assert b"a data key" not in wrapped
    assert master.unwrap(wrapped, b"tax/aa/doc_1") == b"a data key"
    with pytest.raises(Damaged):
        master.unwrap(wrapped, b"tax/aa/doc_2")
    with pytest.raises(Damaged):
        master.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"tax/aa/doc_1")
    with pytest.raises(Damaged):
        master.unwrap(b"", b"tax/aa/doc_1")


def test_the_first_key_wraps_and_all_unwrap() -> None:
    wrapped = keys(1).wrap(b"value", b"")
    assert keys(2, 1).unwrap(wrapped, b"") == b"value"
    assert not keys(2, 1).is_current(wrapped)
    assert keys(2, 1).is_current(keys(2).wrap(b"value", b""))
    with pytest.raises(ProblemError) as raised:
        keys(2).unwrap(wrapped, b"")
    assert raised.value.problem.code == "storage-locked"
    assert keys(1).current_id in raised.value.problem.detail


def test_a_file_may_have_comments_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text(f"# of 2026\n\n{master_key(2)}\n# of 2025\n{master_key(1)}\n")
    master = MasterKeys.from_settings(StoreSettings(master_key_file=path))
    assert master is not None
    assert master.current_id == keys(2).current_id
    assert MasterKeys.from_settings(StoreSettings()) is None


@pytest.mark.parametrize("text", ["", "# nothing", "not base64!", "c2hvcnQ=", master_key() + "A"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UnusableKeys, match="openssl rand -base64 32") as raised:
        MasterKeys.from_settings(StoreSettings(master_key=SecretStr(text or "\n")))
    assert not text or text not in str(raised.value)
    assert "CHANCERY_MASTER_KEY" in str(raised.value)


def test_a_missing_file_and_two_sources_are_refused(tmp_path: Path) -> None:
    missing = StoreSettings(master_key_file=tmp_path / "none")
    with pytest.raises(UnusableKeys, match=r"CHANCERY_MASTER_KEY_FILE .* cannot be read"):
        MasterKeys.from_settings(missing)
    both = StoreSettings(master_key_file=tmp_path / "none", master_key=SecretStr(master_key()))
    with pytest.raises(UnusableKeys, match="both set"):
        MasterKeys.from_settings(both)
