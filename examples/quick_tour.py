"""From a recording to a verdict: simulate, look, analyse, save.

Run it from anywhere: ``python quick_tour.py`` writes into ``results/quick-tour``.
"""

from pathlib import Path

import myosig as ms

OUT = Path("results/quick-tour")


def main() -> None:
    recording = ms.simulate("segmental", seed=3).recording  # or: ms.read("patient.edf")
    for channel in recording.select(kind="emg").channels:
        print(channel.label, "->", channel.muscle, channel.side, channel.segments)

    bursts = ms.detect_bursts(recording)
    print(bursts.to_frame().head())

    jerks = ms.group_jerks(bursts)
    print(ms.measure_rhythm(jerks).why)
    print(ms.measure_spread(jerks).why)

    result = ms.analyze(recording)
    print(result.localization.explain())
    result.save(OUT)


if __name__ == "__main__":
    main()
