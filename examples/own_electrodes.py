# %% [markdown]
# # Own electrodes and muscles
#
# What the labels do not say must be stated, and what is stated always wins over what a label suggests. Signals of any
# origin come in as arrays with their rate, unit and labels.

# %%
from pathlib import Path

import numpy as np

import myosig as ms

rng = np.random.default_rng(1)
emg = rng.normal(0, 4, (3, 60_000))
for start in rng.uniform(1, 28, 12):
    for row, lag in enumerate((0.0, 0.006, 0.012)):
        at = int(2000 * (start + lag))
        emg[row, at : at + 100] += rng.normal(0, 120, 100)
np.save("signals.npy", emg)

# %% [markdown]
# The same table serves the command line: `myosig analyze signals.npy --channels montage.tsv ...`.

# %%
Path("montage.tsv").write_text(
    "name\ttype\tmuscle\tside\n"
    "grid 1\tEMG\tdeltoid\tright\n"
    "grid 2\tEMG\tbiceps brachii\tright\n"
    "grid 3\tEMG\tabductor pollicis brevis\tright\n"
)
recording = ms.read("signals.npy", sfreq=2000, unit="uV", labels=["grid 1", "grid 2", "grid 3"], channels="montage.tsv")
for channel in recording.channels:
    print(channel.label, channel.muscle, channel.side, channel.segments, dict(channel.known))

# %%
jerks = ms.group_jerks(ms.detect_bursts(recording))
print(len(jerks), "jerks;", ms.measure_spread(jerks).why)
ms.plot_montage(recording, jerks).figure.savefig("montage.png", dpi=110)
