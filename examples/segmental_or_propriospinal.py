# %% [markdown]
# # Segmental or propriospinal?
#
# The question of a case report: jerks of the trunk, EMG refused or EEG refused. What can be said? Two recordings look
# alike at the bedside. With EMG of several levels the spread along the cord tells them apart; without EEG a functional
# origin of the propriospinal picture stays open, and myosig says so.

# %%
import matplotlib.pyplot as plt

import myosig as ms

recordings = {pattern: ms.simulate(pattern, seed=6).recording for pattern in ("segmental", "propriospinal")}
results = {}
for pattern, recording in recordings.items():
    for name, kinds in (("EMG and EEG", ("emg", "eeg", "ecg")), ("EMG alone", ("emg", "ecg"))):
        result = results[pattern, name] = ms.analyze(recording.select(kind=kinds))
        print(f"{pattern}, {name}: {result.localization.wording}")
        print(f"    spread: {result.spread.why}")
        print(f"    slow potential: {result.eeg.slow_potential.verdict} ({result.eeg.slow_potential.why})")

# %% [markdown]
# The spread is what differs: everything at once in a few neighbouring segments, or slowly up and down the cord.

# %%
figure, axes = plt.subplots(1, 2, figsize=(13, 5), layout="constrained")
for ax, pattern in zip(axes, recordings, strict=True):
    ms.plot_recruitment(results[pattern, "EMG alone"].spread, ax=ax)
figure.savefig("spread.png", dpi=110)
