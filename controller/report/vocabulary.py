"""The words that may leave the home, besides numbers and hex ids.

Responsible for: the closed lists. A word that is missing here is published as
`other`: nothing breaks, and nothing a person typed can slip out. Not responsible
for what the words mean; the core chooses them (controller/rules, hal/wire/codes).
"""

from hal.wire.codes import FAULTS


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


ROLES = words("patient caregiver pharmacist checker nurse loader operator person machine board hub")

_OUTCOMES = words(
    """
    taken missed skipped held handed-out uncertain
    """
)

_HOW = words(
    """
    retrieved left-in-cup cup-away cup by-hand no-verdict journal-lost plan plan-change
    not-presented not-released released-late late-verdict withdrawn not-loaded no-fill
    not-in-lease clock clock-untrusted locked link service window-closed closed patient
    machine person seen unseen resolved settled acknowledged ended recovered taken-late
    superseded expired asked day given-up uncertain-evidence evidence stop hold by-person
    stepped button retried used-up too-often refused empty none no-board board-lost cleared
    skipped-by-person gone in-cup unknown
    """
)

_ALERTS = words(
    """
    dose-missed dose-held dose-uncertain dose-warned left-in-cup cup-away board-silent
    board-fault clock-untrusted journal-fault reports-waiting load-due plan-expiring
    mains-lost battery-low second-controller chute-held compartment-held bad-frames
    """
)

_REASONS = words(
    """
    new first first-start created restart start step clock-step no-second-clock spread
    board-clock board-clock-not-set no-board-clock below-floor floor disagree confirmed
    trusted illegal-step journal-fault head-unknown forked gap cap limit window not-allowed
    none-loaded no-stock no-plan one-signature same-signer same-role unknown-signer
    bad-signature other-device older-version wrong-predecessor compiled-mismatch
    trailing-bytes duplicate-keys simulated-board power brown-out external
    """
)

_FAULTS = frozenset(row[0] for row in FAULTS.values())

WORDS = _OUTCOMES | _HOW | _ALERTS | _REASONS | _FAULTS
