# %% [markdown]
# # Cortical myoclonus: back-averaging
#
# The EEG is averaged at the onsets of the bursts of one muscle. Whether the average shows a potential is decided
# against averages at sham triggers, which keep the intervals between the jerks.

# %%
import myosig as ms

recording = ms.simulate("cortical", seed=2).recording
jerks = ms.group_jerks(ms.detect_bursts(recording))
eeg = ms.study_eeg(recording, jerks)
spike = eeg.premyoclonic_potential
print(spike.verdict, "-", spike.why)

# %%
ms.plot_backaverage(spike.average).figure.savefig("average.png", dpi=110)

# %% [markdown]
# A potential that is there in most jerks is a vertical stripe; one that a few artefacts make is not.

# %%
ms.plot_trials(spike.average).figure.savefig("jerks.png", dpi=110)

# %% [markdown]
# Nothing found is worth as much as what could have been found:

# %%
slow = eeg.slow_potential
print("slow potential:", slow.verdict, "-", slow.why)
print("coherence:", eeg.corticomuscular.verdict, "-", eeg.corticomuscular.why)
