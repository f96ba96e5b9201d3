"""The whole pipeline, and the contract of what it writes."""

import json

import numpy as np
import pandas as pd
import pytest

import myosig as ms
from myosig.analysis import Settings
from myosig.patterns import PATTERNS
from myosig.report.report import write_report

TABLES = {
    "bursts.tsv": ["onset", "duration", "channel", "muscle", "side", "amplitude", "rms", "snr", "jerk"],
    "silences.tsv": ["onset", "duration", "channel"],
    "jerks.tsv": ["onset", "duration", "lead", "n_channels", "channels", "latencies_ms"],
    "channels.tsv": [
        *("name", "type", "units", "sampling_frequency", "muscle", "side", "segments"),
        *("status", "status_description"),
    ],
}
JSON_KEYS = {
    *("schema", "myosig", "settings", "source", "quality", "phenotype", "rhythm", "synchrony", "spread", "eeg"),
    *("conditions", "localization"),
}


@pytest.fixture(scope="module")
def segmental():
    return ms.analyze(ms.simulate("segmental", seed=20011, duration=120).recording)


@pytest.fixture(scope="module")
def saved(segmental, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "results"
    segmental.save(folder)
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_the_columns_of_the_contract(saved, name):
    table = pd.read_csv(saved / name, sep="\t", na_values="n/a")
    assert list(table.columns[: len(TABLES[name])]) == TABLES[name]


def test_json_has_the_keys_of_the_contract(saved):
    result = json.loads((saved / "analysis.json").read_text(encoding="utf-8"))
    assert set(result) >= JSON_KEYS
    assert set(result["source"]) == {"name", "sha256", "duration_s"}
    assert result["phenotype"]["finding"] in {"myoclonus", "tremor", "sustained contraction", "none"}
    assert result["phenotype"]["sign"] in {"positive", "negative", "both", None}
    assert set(result["phenotype"]["rhythm"]) >= {"verdict", "frequency_hz", "cv"}
    assert set(result["spread"]) >= {"order", "lags_ms", "velocity_m_s", "velocity_interval", "resolvable", "why"}
    assert set(result["eeg"]) >= {"premyoclonic_potential", "slow_potential"}
    keys = {"verdict", "channel", "muscle", "latency_ms", "amplitude_uv", "p_value", "n"}
    assert set(result["eeg"]["premyoclonic_potential"]) >= keys
    assert set(result["eeg"]["slow_potential"]) >= keys
    where = result["localization"]
    assert where["verdict"] in {*PATTERNS, "indeterminate", None}
    assert set(where["posterior"]) == set(where["prior"]) == set(PATTERNS)
    keys = {"criterion", "value", "unit", "interval", "n", "verdict", "why", "log_likelihood", "source", "tag"}
    assert all(set(e) >= keys for e in where["evidence"])


def test_every_jerk_index_names_a_row_of_jerks(saved, segmental):
    bursts = pd.read_csv(saved / "bursts.tsv", sep="\t", na_values="n/a")
    counts = bursts.groupby("jerk").size()
    assert list(counts.index) == list(range(len(segmental.jerks)))
    assert np.array_equal(counts.to_numpy(), segmental.jerks.n_bursts)


def test_the_same_seed_gives_the_same_bytes(saved, tmp_path):
    again = ms.analyze(ms.simulate("segmental", seed=20011, duration=120).recording)
    again.save(tmp_path / "again")
    for name in [*TABLES, "analysis.json", "settings.toml"]:
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()


def test_report_escapes_what_the_file_says(tmp_path):
    made = ms.simulate("segmental", seed=20012, duration=60).recording
    nasty = "<script>alert(1)</script>\x1b[31m\u202e"
    channels = [ms.channel.describe(c, label=nasty) if i == 0 else c for i, c in enumerate(made.channels)]
    write_report(ms.analyze(made.with_channels(channels)), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert nasty not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [31m " in page
    assert not set(page) & {"\x1b", "\u202e"}


def test_settings_survive_their_file(tmp_path):
    settings = Settings(seed=5, prior=dict.fromkeys(PATTERNS, 1 / 6))
    (tmp_path / "settings.toml").write_text(settings.to_toml(), encoding="utf-8")
    assert Settings.from_toml(tmp_path / "settings.toml") == settings


def test_unknown_settings_name_the_allowed_ones(tmp_path):
    (tmp_path / "settings.toml").write_text("sed = 5\n", encoding="utf-8")
    with pytest.raises(ms.ParameterError, match=r"unknown settings sed; allowed are seed, prior"):
        Settings.from_toml(tmp_path / "settings.toml")
