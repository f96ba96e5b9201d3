# %% [markdown]
# # Jerks over a night
#
# Sleep stages come as annotations of the recording, or from a scoring of your own. Rates are compared with intervals:
# no jerk in a short stage is not absence.

# %%
import numpy as np

import myosig as ms
from myosig.localize.conditions import annotated_states, measure_conditions

recording = ms.simulate("propriospinal", seed=12, duration=360, sfreq=1000, n_emg=6, n_eeg=0, rate=8).recording
stages = ["W"] * 4 + ["N1"] * 2 + ["N2"] * 4 + ["N3"] * 2
scoring = ms.Annotations(
    onset=30.0 * np.arange(len(stages)), duration=np.full(len(stages), 30.0), text=np.array(stages, dtype=object)
)
recording = recording.with_annotations(scoring)

# %%
jerks = ms.group_jerks(ms.detect_bursts(recording))
for stage in measure_conditions(recording, jerks):
    print(
        f"{stage.label:5} {stage.n_jerks:3} jerks in {stage.duration:.0f} s, {stage.rate_per_min:.1f} a minute: ",
        end="",
    )
    print(f"{stage.verdict} (against: {stage.reference})")

# %%
picture = ms.plot_raster(jerks, states=annotated_states(recording), recording=recording)
picture.figure.savefig("night.png", dpi=110)
