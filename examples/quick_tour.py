# %% [markdown]
# # Quick tour
#
# From a recording to a verdict: look at the channels, find the bursts, group them into jerks, measure, weigh, save.

# %%
import myosig as ms

recording = ms.simulate("segmental", seed=3, duration=120).recording  # or: ms.read("patient.edf")
for channel in recording.select(kind="emg").channels:
    print(channel.label, "->", channel.muscle, channel.side, channel.segments)

# %% [markdown]
# Every step can be called by itself. Times are in seconds, amplitudes in µV.

# %%
bursts = ms.detect_bursts(recording)
print(bursts.to_frame()[["onset", "offset", "amplitude", "snr"]].head())

jerks = ms.group_jerks(bursts)
print(ms.measure_rhythm(jerks).why)
print(ms.measure_spread(jerks).why)

# %%
ms.plot_overlay(recording, jerks).figure.savefig("jerks.png", dpi=110)

# %% [markdown]
# `analyze` does all of it, adds the EEG and weighs the evidence. What could not be assessed is said, with what would
# settle it.

# %%
result = ms.analyze(recording)
print(result.localization.explain())

# %%
result.save("quick-tour")
ms.write_report(result, "quick-tour/report.html")
