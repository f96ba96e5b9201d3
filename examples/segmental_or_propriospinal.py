"""The question of a case report: rhythmic jerks of the trunk, EMG refused or EEG refused. What can be said?

Two recordings look alike at the bedside. With EMG of several levels the spread along the cord tells them apart; without
EEG a functional origin of the propriospinal picture stays open, and myosig says so.
"""

import myosig as ms


def main() -> None:
    for pattern in ("segmental", "propriospinal"):
        recording = ms.simulate(pattern, seed=5).recording
        for name, kinds in (("EMG and EEG", ("emg", "eeg", "ecg")), ("EMG alone", ("emg", "ecg"))):
            result = ms.analyze(recording.select(kind=kinds))
            print(f"{pattern}, {name}: {result.localization.wording}")
            print(f"    spread: {result.spread.why}")
            print(f"    slow potential: {result.eeg.slow_potential.verdict} ({result.eeg.slow_potential.why})")


if __name__ == "__main__":
    main()
