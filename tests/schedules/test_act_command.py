"""`python -m schedules act`: stop, hold and resume as a prescriber signs them (R4)."""

from pathlib import Path

import pytest

from schedules.__main__ import main
from schedules.files import read_trusted
from schedules.halt import EVERY, unverified_act, verify_act
from schedules.model import LastTaken, PlanRefused
from tests.schedules.plans import ROOT

HOME = ROOT / "schedules" / "examples" / "home.yaml"
DEVICE = "posology-demo-1"
NOW = "2026-11-23T07:00:00+01:00"
NOW_S = 1_795_413_600


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The keys of two people and the signers that trust them."""
    assert 0 == run("keys", tmp_path / "keys")
    return tmp_path / "keys"


def act(what: str, regimen: str, *more: object) -> int:
    """One `act` on the example's plan at a fixed instant."""
    return run("act", what, regimen, "--plan", HOME, "--now", NOW, *more)


def test_r4_a_stop_is_said_back_before_and_while_it_is_signed(
    tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a key nothing is written; with one the act holds what was said back."""
    path = tmp_path / "stop.json"
    assert 0 == act("stop", "amlodipine-5")
    said = capsys.readouterr().out
    assert "STOP Amlodipine 5 mg (amlodipine-5)" in said
    assert "Mon 23 Nov 08:00 CET  1 tablet Amlodipine 5 mg" in said
    assert "Signed by nobody yet.\nIt needs one more signature." in said
    assert "Nothing was written" in said and not path.exists()
    assert 0 == act("stop", "amlodipine-5", "--key", keys / "pharmacist.key", "-o", path)

    trusted = read_trusted((keys / "trusted.json").read_bytes())
    found, names = verify_act(path.read_text(), trusted, device=DEVICE, now_s=NOW_S, after=0)
    assert ("stop", DEVICE, "pt-7Q2K", "amlodipine-5") == (
        found.act, found.device, found.patient, found.regimen,
    )  # fmt: skip
    assert (NOW_S, NOW_S + 86_400, ("person/pharmacist",)) == (
        found.number, found.not_after, names,
    )  # fmt: skip
    assert "python -m controller.bring" in capsys.readouterr().out


def test_r4_a_resume_is_signed_by_one_after_the_other(
    tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half signed it is refused and says so; the same person cannot sign twice."""
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    first = ("--key", keys / "pharmacist.key")
    said = ("--last-taken", "2026-11-22T08:00", *first, "-o", one)
    known = ("--trusted", keys / "trusted.json", "--device", DEVICE, "--now", NOW)
    assert 0 == act("resume", "amlodipine-5", *said)
    assert "It needs one more signature." in capsys.readouterr().out
    assert 1 == run("verify", one, *known)
    assert "one-signature" in capsys.readouterr().err
    assert 1 == run("sign", one, *first, "-o", two)
    assert "same-signer" in capsys.readouterr().err
    assert 0 == run("sign", one, "--key", keys / "checker.key", "-o", two)
    assert 0 == run("verify", two, *known)
    assert 0 == run("show", two, "--of", HOME)

    shown = capsys.readouterr().out
    assert "RESUME Amlodipine 5 mg (amlodipine-5)" in shown
    assert "Last taken Sun 22 Nov 2026 08:00 CET." in shown
    act_, signers = unverified_act(two.read_text())
    assert (LastTaken("at", 1_795_330_800), 2) == (act_.last_taken, len(signers))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("stop", "aspirin"), "unknown-regimen"),
        (("stop", "amlodipine-5", "--hours", "0"), "wrong-value"),
        (("stop", "amlodipine-5", "--last-taken", "never"), "wrong-value"),
        (("resume", "amlodipine-5"), "last-taken"),
        (("resume", "amlodipine-5", "--last-taken", "yesterday"), "wrong-value"),
        (("resume", "amlodipine-5", "--last-taken", "2026-11-24T08:00"), "wrong-value"),
    ],
)
def test_r4_what_is_not_said_plainly_is_no_act(
    words: tuple[str, ...], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A medicine that is not in the plan, no bound in time, no last taking: nothing is written."""
    assert 1 == act(words[0], words[1], *words[2:], "-o", tmp_path / "x")

    assert f"refused: {code} at" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_r4_one_act_can_mean_every_medicine(
    tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The star is said back as every medicine, and travels as such."""
    path = tmp_path / "hold.json"
    assert 0 == act("hold", EVERY, "--key", keys / "checker.key", "-o", path)

    assert "HOLD every medicine of the plan" in capsys.readouterr().out
    assert EVERY == unverified_act(path.read_text())[0].regimen


def test_r4_a_changed_act_fits_no_signature(tmp_path: Path, keys: Path) -> None:
    """Somebody turns a signed hold of one medicine into a hold of another: refused."""
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    for path, regimen in zip(paths, ("amlodipine-5", "metformin-500"), strict=True):
        assert 0 == act("hold", regimen, "--key", keys / "checker.key", "-o", path)
    mixed = paths[0].read_text().split('"payload":"')[0] + '"payload":"'
    mixed += paths[1].read_text().split('"payload":"')[1].split('"')[0] + '"'
    mixed += paths[0].read_text().split('"payload":"')[1].partition('"')[2]
    trusted = read_trusted((keys / "trusted.json").read_bytes())

    assert "metformin-500" == unverified_act(mixed)[0].regimen
    with pytest.raises(PlanRefused) as refused:
        verify_act(mixed, trusted, device=DEVICE, now_s=NOW_S, after=0)
    assert "bad-signature" == refused.value.code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({0: "0123"}, "not-a-dose"),
        ({5: "person/pharmacist"}, "same-signer"),
        ({7: "x" * 81}, "wrong-value"),
    ],
)
def test_r16_a_word_that_is_not_plain_is_not_signed(
    change: dict[int, str], code: str, tmp_path: Path, keys: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Half a number, one person for both, a novel: refused, and no file is written."""
    words = ["0123456789abcdef" * 2, "taken", "--device", DEVICE, "--by", "Ada", "--how", "counted"]
    for index, word in change.items():
        words[index] = word
    path = tmp_path / "word.json"
    assert 1 == run("vouch", *words, "--key", keys / "pharmacist.key", "-o", path)

    assert f"refused: {code} at" in capsys.readouterr().err
    assert not path.exists()


def test_a_hold_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The reason is said back and stands in the act; two lines of it are refused."""
    path = tmp_path / "hold.json"
    assert 0 == act("hold", "amlodipine-5", "--reason", "vomiting since Monday", "-o", path)
    assert "Why: vomiting since Monday." in capsys.readouterr().out
    assert "vomiting since Monday" == unverified_act(path.read_text())[0].reason
    for wrong in ("two\nlines", " ", "x" * 121):
        assert 1 == act("hold", "amlodipine-5", "--reason", wrong)
        assert "wrong-value at --reason" in capsys.readouterr().err


def test_r4_a_resume_says_what_to_look_for_before_a_step_begins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Who signs reads the hold point's words; a resume of everything lets no step begin."""
    steps = ROOT / "schedules" / "examples" / "steps.yaml"
    more = ("--plan", steps, "--now", NOW, "--last-taken", "unknown")
    assert 0 == run("act", "resume", "lamotrigine-25", *more)
    assert "It lets a step begin that is due when this is signed. Look first: no rash seen." in (
        capsys.readouterr().out
    )
    assert 0 == run("act", "resume", EVERY, *more)
    said = capsys.readouterr().out
    assert "No step behind a hold point begins by it" in said and "rash" not in said
