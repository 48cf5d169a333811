"""The protocol against figures printed by the vendor and NIST, and against all of `../shared/data` where it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hardware.card.desfire import crypto
from hardware.card.desfire.apdu import wrap
from hardware.card.desfire.auth import Ev1Authentication, Ev2Authentication
from hardware.card.desfire.commands import Command, Ins, Mode, change_key, change_value, commit_transaction
from hardware.card.desfire.ev1 import Ev1Session
from hardware.card.desfire.ev2 import Ev2Session
from hardware.card.desfire.status import MessagingError
from hardware.card.desfire.tmac import tmac_session_keys

SHARED = Path(__file__).parents[3] / "shared" / "data" / "desfire_vectors.json"
h = bytes.fromhex


def session(enc: str, mac: str, ti: str, counter: int) -> Ev2Session:
    return Ev2Session(0, h(ti), h(enc), h(mac), counter)


# --- published figures, as literals: NIST SP 800-38B, AN10922, AN12196, AN12343 -------------------------------


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", "BB1D6929E95937287FA37D129B756746"),
        ("6BC1BEE22E409F96E93D7E117393172A", "070A16B46B4D4144F79BDD9DD04A287C"),
        (
            "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411",
            "DFA66747DE9AE63030CA32611497C827",
        ),
    ],
)
def test_cmac_of_nist(message: str, expected: str) -> None:
    assert crypto.cmac(h("2B7E151628AED2A6ABF7158809CF4F3C"), h(message)) == h(expected)


def test_diversification_of_an10922() -> None:
    key = h("00112233445566778899AABBCCDDEEFF")
    assert crypto.diversify(key, h("04782E21801D803042F54E585020416275")) == h("A8DD63A3B89D54B37CA802473FDA9175")


@pytest.mark.parametrize("size", [0, 32])
def test_diversification_input_has_bounds(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 31"):
        crypto.diversify(bytes(16), bytes(size))


def test_authenticate_ev2_first_of_an12343_table_16() -> None:
    step = Ev2Authentication(bytes(16), 0, h("B04D0787C93EE0CC8CACC8E86F16C6FE"))
    assert wrap(*step.start()) == h("9071000002000000")
    token = step.answer(h("24677DDBD46349E623798FD729006E79"))
    assert token == h("3B50445F21D21D77D500794DEB245E5A754F5F901844259F4C9B31A5C7335ACD")
    opened = step.finish(h("04C6DBD67417ED0D31DDDE4D2E3FFAC2B4B074F638EEF7FFF9254963B65C7759"))
    assert opened.transaction_id == h("8CF141F3")
    assert opened.k_enc == h("63DC07286289A7A6C0334CA31C314A04")
    assert opened.k_mac == h("774F26743ECE6AF5033B6AE8522946F6")


def test_authenticate_ev2_first_refuses_a_wrong_proof() -> None:
    step = Ev2Authentication(bytes(16), 0, h("B04D0787C93EE0CC8CACC8E86F16C6FE"))
    step.answer(h("24677DDBD46349E623798FD729006E79"))
    with pytest.raises(MessagingError):
        step.finish(h("04C6DBD67417ED0D31DDDE4D2E3FFAC3B4B074F638EEF7FFF9254963B65C7759"))


def test_authenticate_ev2_non_first_of_an12196_table_23() -> None:
    before = session("00" * 16, "00" * 16, "7614281A", 2)
    step = Ev2Authentication(bytes(16), 0, h("60BE759EDA560250AC57CDDC11743CF6"), before)
    assert wrap(*step.start()) == h("90770000010000")
    token = step.answer(h("A6A2B3C572D06C097BB8DB70463E22DC"))
    assert token == h("BE7D45753F2CAB85F34BC60CE58B940763FE969658A532DF6D95EA2773F6E991")
    opened = step.finish(h("B888349C24B315EAB5B589E279C8263E"))
    assert (opened.transaction_id, opened.counter) == (h("7614281A"), 2)
    assert opened.k_enc == h("4CF3CB41A22583A61E89B158D252FC53")
    assert opened.k_mac == h("5529860B2FC5FB6154B7F28361D30BF9")


def test_mac_mode_of_an12196_table_7() -> None:
    opened = session("00" * 16, "8248134A386E86EB7FAF54A52E536CB6", "7A21085E", 0)
    command = Command(Ins.GET_FILE_SETTINGS, b"\x02")
    assert wrap(0xF5, opened.protect(command)) == h("90F5000009026597A457C8CD442C00")
    plain = h("0040EEEE000100D1FE001F00004400004400002000006A0000")
    assert opened.unprotect(command, plain + h("2A474282E7A47986")) == plain


def test_a_wrong_mac_is_never_believed() -> None:
    opened = session("00" * 16, "8248134A386E86EB7FAF54A52E536CB6", "7A21085E", 0)
    plain = h("0040EEEE000100D1FE001F00004400004400002000006A0001")
    with pytest.raises(MessagingError):
        opened.unprotect(Command(Ins.GET_FILE_SETTINGS, b"\x02"), plain + h("2A474282E7A47986"))


def test_full_mode_change_keys_of_an12196_tables_25_and_26() -> None:
    opened = session("4CF3CB41A22583A61E89B158D252FC53", "5529860B2FC5FB6154B7F28361D30BF9", "7614281A", 2)
    other = change_key(2, h("F3847D627727ED3BC9C4CC050489B966"), 1, bytes(16))
    assert wrap(0xC4, opened.protect(other)) == h(
        "90C4000029022CF362B7BF4311FF3BE1DAA295E8C68DE09050560D19B9E16C2393AE9CD1FAC75D0CE20BCD1D06E600"
    )
    assert opened.unprotect(other, h("203BB55D1089D587")) == b""
    own = change_key(0, h("5004BF991F408672B1EF00F08F9E8647"), 1, None)
    assert wrap(0xC4, opened.protect(own)) == h(
        "90C400002900C0EB4DEEFEDDF0B513A03A95A75491818580503190D4D05053FF75668A01D6FDA6610234BDED643200"
    )


def test_full_mode_get_card_uid_of_an12196_table_28() -> None:
    opened = session("2B4D963C014DC36F24F69A50A394F875", "379D32130CE61705DD5FD8C36B95D764", "DF055522", 0)
    command = Command(Ins.GET_CARD_UID, mode=Mode.FULL, reply_length=7)
    assert wrap(0x51, opened.protect(command)) == h("90510000088E2C155ADDA99BE300")
    assert opened.unprotect(command, h("70756055688505B52A5E26E59E329CD6595F672298EA41B7")) == h("04958CAA5C5E80")


# --- everything in the shared collection -----------------------------------------------------------------------


def shared(group: str) -> list[dict[str, Any]]:
    """Rows of a group that are card behaviour; an empty list skips the test, saying so."""
    if not SHARED.exists():
        return []
    rows = json.loads(SHARED.read_text())["vectors"]
    return [r for r in rows if r["group"] == group and "card behaviour" not in r["note"]]


def rows(group: str) -> Any:
    found = shared(group)
    reason = f"{SHARED} is not here"
    values = [pytest.param(row, id=row["id"]) for row in found]
    return pytest.mark.parametrize("row", values or [pytest.param({}, marks=pytest.mark.skip(reason=reason))])


@rows("aes_cmac")
def test_shared_cmac(row: dict[str, Any]) -> None:
    if "k1" in row:
        assert crypto.cmac_subkeys(h(row["key"])) == (h(row["k1"]), h(row["k2"]))
    else:
        assert crypto.cmac(h(row["key"]), h(row["message"])) == h(row["cmac"])


@rows("an10922_aes128")
def test_shared_diversification(row: dict[str, Any]) -> None:
    assert crypto.diversify(h(row["master_key"]), h(row["div_input_M"])) == h(row["diversified_key"])


@rows("crc32_desfire")
def test_shared_crc(row: dict[str, Any]) -> None:
    assert crypto.crc32(h(row["data"])) == h(row["crc32_on_wire_lsb_first"])


@rows("ev1_auth_aes_0xAA")
def test_shared_ev1_authentication(row: dict[str, Any]) -> None:
    if "key" not in row:
        assert crypto.ev1_session_key(h(row["rndA"]), h(row["rndB"])) == h(row["session_key"])
        return
    step = Ev1Authentication(h(row["key"]), 0, h(row["rndA"]))
    assert step.answer(h(row["enc_rndB"])) == h(row["enc_rndA_rndBrot"])
    assert step.finish(h(row["enc_rndA_rot"])).key == h(row["session_key"])


@rows("ev1_running_cmac")
def test_shared_ev1_running_mac(row: dict[str, Any]) -> None:
    opened = Ev1Session(0, h(row["session_key"]), h(row["initial_iv"]))
    for step in row["steps"]:
        raw = h(step["command"])
        command = Command(Ins(raw[0]), raw[1:], mode=Mode.PLAIN)
        assert opened.protect(command) == raw[1:]
        assert opened.iv == h(step["tx_cmac16"])
        data = h(step["response_data"])
        assert opened.unprotect(command, data + h(step["rx_cmac8"])) == data


@rows("ev1_changekey_aes")
def test_shared_ev1_change_key(row: dict[str, Any]) -> None:
    opened = Ev1Session(row["key_no"] if row["old_key"] is None else 0, h(row["session_key"]))
    old = None if row["old_key"] is None else h(row["old_key"])
    command = change_key(row["key_no"], h(row["new_key"]), row["key_version"], old)
    assert wrap(0xC4, opened.protect(command)) == h(row["apdu"])
    if row["rx_cmac16"]:
        assert opened.unprotect(command, h(row["rx_cmac16"])[:8]) == b""
        assert opened.iv == h(row["rx_cmac16"])


@rows("ev2_auth_first_0x71")
def test_shared_ev2_first(row: dict[str, Any]) -> None:
    assert crypto.ev2_session_vectors(h(row["rndA"]), h(row["rndB"])) == (h(row["sv1"]), h(row["sv2"]))
    step = Ev2Authentication(h(row["key"]), row["key_no"], h(row["rndA"]))
    assert wrap(*step.start()) == h(row["apdu1"])
    assert wrap(Ins.ADDITIONAL_FRAME, step.answer(h(row["enc_rndB"]))) == h(row["apdu2"])
    opened = step.finish(h(row["enc_response"]))
    assert opened.transaction_id == h(row["ti"])
    assert (opened.k_enc, opened.k_mac) == (h(row["ses_auth_enc_key"]), h(row["ses_auth_mac_key"]))


@rows("ev2_auth_nonfirst_0x77")
def test_shared_ev2_non_first(row: dict[str, Any]) -> None:
    step = Ev2Authentication(h(row["key"]), row["key_no"], h(row["rndA"]), session("00" * 16, "00" * 16, row["ti"], 2))
    assert wrap(*step.start()) == h(row["apdu1"])
    assert wrap(Ins.ADDITIONAL_FRAME, step.answer(h(row["enc_rndB"]))) == h(row["apdu2"])
    opened = step.finish(h(row["enc_response"]))
    assert (opened.k_enc, opened.k_mac) == (h(row["ses_auth_enc_key"]), h(row["ses_auth_mac_key"]))


@rows("ev2_iv")
def test_shared_ev2_vector(row: dict[str, Any]) -> None:
    opened = session(row["ses_auth_enc_key"], "00" * 16, row["ti"], row["cmd_ctr"])
    label = h("A55A") if row["direction"] == "command" else h("5AA5")
    assert opened._iv(label) == h(row["iv"])


@rows("ev2_comm_mac")
def test_shared_ev2_mac(row: dict[str, Any]) -> None:
    opened = session("00" * 16, row["ses_auth_mac_key"], row["ti"], row["cmd_ctr"])
    command = Command(Ins(int(row["cmd"], 16)), h(row["cmd_header"]), h(row["cmd_data"]))
    assert wrap(command.instruction, opened.protect(command)) == h(row["apdu"])
    if row["resp_mact"]:
        assert opened.unprotect(command, h(row["resp_data"]) + h(row["resp_mact"])) == h(row["resp_data"])


@rows("ev2_comm_full")
def test_shared_ev2_full(row: dict[str, Any]) -> None:
    opened = session(row["ses_auth_enc_key"], row["ses_auth_mac_key"], row["ti"], row["cmd_ctr"])
    command = Command(
        Ins(int(row["cmd"], 16)), h(row["cmd_header"]), h(row["cmd_data_plain"]), Mode.FULL, reply_length=7
    )
    payload = opened.protect(command)
    if len(payload) <= 255:
        assert wrap(command.instruction, payload) == h(row["apdu"])
    if row["resp_mact"]:
        answer = h(row["enc_resp"] or "") + h(row["resp_mact"])
        assert opened.unprotect(command, answer) == h(row.get("resp_plain", ""))


@rows("transaction_mac")
def test_shared_transaction_mac_keys(row: dict[str, Any]) -> None:
    mac_key, enc_key = tmac_session_keys(h(row["app_transaction_mac_key"]), row["tmc_in_sv"], h(row["uid"]))
    assert (mac_key, enc_key) == (h(row["ses_tm_mac_key"]), h(row["ses_tm_enc_key"]))


@rows("value_file_selfderived")
def test_shared_value_file(row: dict[str, Any]) -> None:
    if "steps" in row:
        check_ev1_value_session(row)
        return
    opened = session(row.get("ses_auth_enc_key", "00" * 16), row["ses_auth_mac_key"], row["ti"], row["cmd_ctr"])
    if row["command"] == "CommitTransaction":
        command = commit_transaction(with_transaction_mac=True)
        assert wrap(0xC7, opened.protect(command)) == h(row["apdu_option_01_returns_tmc_tmv"])
        command = commit_transaction(with_transaction_mac=False)
    else:
        instruction = {"Credit": Ins.CREDIT, "Debit": Ins.DEBIT}[row["command"]]
        command = change_value(instruction, row["file_no"], row["amount"], Mode.FULL)
    assert wrap(command.instruction, opened.protect(command)) == h(row["apdu"])
    assert opened.unprotect(command, h(row["resp_mact_ok"])) == b""


def check_ev1_value_session(row: dict[str, Any]) -> None:
    opened = Ev1Session(0, h(row["session_key"]), h(row["initial_iv"]))
    commands = (
        change_value(Ins.CREDIT, 3, 1000, Mode.FULL),
        change_value(Ins.DEBIT, 3, 250, Mode.FULL),
        commit_transaction(with_transaction_mac=False),
    )
    for step, command in zip(row["steps"], commands, strict=True):
        assert bytes([command.instruction]) + opened.protect(command) == h(step["native"])
        if "tx_cmac16" in step:
            assert opened.iv == h(step["tx_cmac16"])
        assert opened.unprotect(command, h(step["rx_cmac8_if_ok"])) == b""
