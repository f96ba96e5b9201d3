# %% [markdown]
# # A cohort
#
# A folder of recordings, on the cores of this machine or on a Dask cluster. A bad file never stops the others, and
# what is done already is kept.

# %%
from pathlib import Path

import pandas as pd

import myosig as ms


def main() -> None:
    """With more workers, each process imports this file, so what starts them must not run on import."""
    Path("recordings").mkdir(exist_ok=True)
    for pattern in ("segmental", "peripheral"):
        recording = ms.simulate(pattern, seed=11, duration=60, n_emg=6, n_eeg=0).recording
        ms.write_edf(recording, f"recordings/{pattern}.edf")

    for outcome in ms.analyze_many(["recordings"], out="cohort", workers=1):
        print(outcome.name, outcome.status, outcome.reason)
    print(pd.read_csv("cohort/verdicts.tsv", sep="\t").T)
    print(ms.write_summary("cohort"))


if __name__ == "__main__":
    main()
