# %% [markdown]
# # Correcting marks
#
# Marks can be edited in MNE's browser, in a table, or in any EDF viewer, and the analysis repeated from them.

# %%
import myosig as ms

recording = ms.simulate("segmental", seed=4, duration=40, n_emg=6, n_eeg=0).recording
bursts = ms.detect_bursts(recording)
marks = bursts.to_annotations()
print(len(marks), "marks, the first:", marks[0]["onset"], marks[0]["description"], marks[0]["ch_names"])

# %% [markdown]
# With a screen: `raw = recording.to_mne(); raw.set_annotations(marks); raw.plot()`. Here the first mark is deleted and
# the second begins 20 ms earlier. A mark that was left alone stays the detected burst; a changed one is measured anew.

# %%
marks.delete(0)
marks.onset[0] -= 0.02
marks.duration[0] += 0.02
corrected = ms.Bursts.from_annotations(marks, recording)
print(len(bursts), "->", len(corrected), "bursts")

# %%
again = ms.analyze(recording, bursts=corrected)
print(again.phenotype.finding, "-", again.phenotype.why)
ms.plot_jerks(recording, again.jerks, rows=(0, 1)).figure.savefig("corrected.png", dpi=110)
