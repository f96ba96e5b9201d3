# %% [markdown]
# # Tremor or myoclonus?
#
# Tremor goes on for many cycles and is in burst for a good part of each; myoclonus is brief, with silence between.

# %%
import myosig as ms

for pattern in ("tremor", "segmental", "none"):
    recording = ms.simulate(pattern, seed=2, duration=90, n_emg=8, n_eeg=0).recording
    result = ms.analyze(recording)
    print(f"{pattern}: {result.phenotype.finding}")
    print(f"    {result.phenotype.why}")
    print(f"    rhythm: {result.rhythm.verdict} ({result.rhythm.why})")
    if pattern == "tremor":
        ms.plot_intervals(result.jerks).figure.savefig("intervals.png", dpi=110)
