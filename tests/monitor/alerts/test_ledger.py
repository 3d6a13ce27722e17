import os

import pytest
from msgspec.structs import replace

from monitor.alerts.ledger import KEPT, Action, ActionState, Ledger, LedgerError


def action(number: int, **changes) -> Action:
    return Action(f"f{number}/t", "A", "credit", "nightly", noted=number, **changes)


def test_what_is_put_is_there_after_a_restart_in_its_order(tmp_path):
    ledger = Ledger(tmp_path / "alerts.json")
    ledger.put(action(1))
    ledger.put(action(2))
    ledger.put(replace(action(1), state=ActionState.DONE))
    again = Ledger(tmp_path / "alerts.json")
    assert [(each.noted, each.state) for each in again.all()] == [(1, "done"), (2, "waiting")]
    assert again.find("f2/t") == action(2)
    assert again.find("f3/t") is None


def test_the_last_action_is_that_of_its_model_and_kind(tmp_path):
    ledger = Ledger(tmp_path / "alerts.json")
    for each in (action(1), replace(action(2), model="churn"), replace(action(3), action="weekly")):
        ledger.put(each)
    assert ledger.last("credit", "nightly") == action(1)
    assert ledger.last("fraud", "nightly") is None


def test_the_oldest_that_have_ended_make_way(tmp_path, monkeypatch):
    monkeypatch.setattr("monitor.alerts.ledger.KEPT", 3)
    ledger = Ledger(tmp_path / "alerts.json")
    for number in range(5):
        state = ActionState.WAITING if number == 0 else ActionState.DONE
        ledger.put(action(number, state=state))
    assert [each.noted for each in ledger.all()] == [0, 3, 4]
    assert KEPT >= 1_000


def test_what_cannot_be_written_is_not_kept(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path / "alerts.json")
    ledger.put(action(1))

    def fail(_: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        ledger.put(action(2))
    assert ledger.all() == Ledger(tmp_path / "alerts.json").all() == [action(1)]


def test_a_damaged_file_is_refused_with_the_mend(tmp_path):
    (tmp_path / "alerts.json").write_text("[{")
    with pytest.raises(LedgerError, match=r"alerts\.json cannot be read: .*or remove it"):
        Ledger(tmp_path / "alerts.json")
