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

_OUTCOMES = words("taken missed skipped held handed-out uncertain")

_HOW = words(
    """
    retrieved left-in-cup cup-away cup by-hand no-verdict journal-lost plan plan-change by-request
    not-presented not-loaded taken-late late-verdict settled-taken settled-missed by-a-person
    shared-fill cleared unlocked confirmed not-confirmed took-it gave-it saw-it taken not-taken
    refused unwell not-there not-needed
    """
)

_ALERTS = words(
    """
    dose-missed dose-held dose-uncertain dose-warned dose-contradicted left-in-cup cup-away
    board-silent
    board-fault clock-untrusted journal-fault reports-waiting load-due load-unfinished
    plan-expiring plan-not-valid mains-lost battery-low second-controller chute-held
    compartment-held round-at-risk cup-blocked clock-drifting bad-frames machine-locked
    journal-lost plan-shifted hold-point never-store taken-against-limit
    """
)

_ORDERS = words(
    """
    window-closed plan-changed no-longer-allowed fill-held machine-not-ready number-taken
    another-first
    """
)

_LOCKS = words(
    """
    board-simulated journal-lost board-store-missing release-without-commit no-end-of-deciding
    orders-used-up locked illegal-step new board-clock-not-set stepped apart before-journal
    """
)

_ASKING = words(
    """
    already-granted cap gap none-loaded cup-not-empty not-ready no-plan unknown-regimen not-open
    round-waiting not-asked-for withdrawn cap-week say-first spacing never-store
    """
)

_LOADING = words(
    """
    door-opened tray-changed stray-fall left-out held-by-board loading-broken-off half-loaded spent
    asked day
    """
)

_PLANS = words(
    """
    clock-repaired given-late came-late was-away machine-could-not prescriber-says
    other-number stop hold resume never at unknown id-reuse gap-too-long same-ingredient on-hold
    stopped
    not-a-time time-repeated time-differs not-a-vouch not-a-dose bad-outcome wrong-value
    not-an-act act-repeated act-too-late not-halted other-patient clock-in-doubt say-version
    resume-too-early
    one-signature same-signer same-role unknown-signer bad-signature other-device older-version
    wrong-predecessor expired compiled-mismatch trailing-bytes duplicate-keys duplicate-key
    not-an-envelope not-canonical not-yet-valid no-envelope plan-signature already-known
    """
)

_FAULTS = frozenset(row[0] for row in FAULTS.values())

WORDS = _OUTCOMES | _HOW | _ALERTS | _ORDERS | _LOCKS | _ASKING | _LOADING | _PLANS | _FAULTS
