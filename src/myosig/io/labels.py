"""What the label of a channel says (a stand-in until the reader of real laboratories' labels lands)."""

from __future__ import annotations

from dataclasses import dataclass

from myosig.recording import Kind, Side


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood; None where the label does not say."""

    kind: Kind | None = None
    muscle: str | None = None
    side: Side | None = None
    segments: tuple[str, ...] = ()
    site: str | None = None


def understand(label: str, *, kind: Kind | None = None) -> Understood:
    """Kind from the first word of the label."""
    words = label.lower().split()
    first: dict[str, Kind] = {"emg": "emg", "eeg": "eeg", "eog": "eog", "ecg": "ecg", "status": "stim"}
    return Understood(kind=kind or first.get(words[0] if words else ""))
