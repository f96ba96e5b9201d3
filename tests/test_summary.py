"""One page for several recordings."""

import pytest

import myosig as ms
from myosig.report.report import write_report


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("cohort")
    result = ms.analyze(ms.simulate("segmental", seed=8811, duration=60, n_emg=4, n_eeg=0).recording)
    for name in ("one", "t<wo>"):
        result.save(out / name)
    write_report(result, out / "one" / "report.html")
    return out


def test_every_recording_has_a_row_and_its_report(folder):
    page = ms.write_summary(folder).read_text(encoding="utf-8")
    assert "2 recordings" in page
    assert 'href="one/report.html"' in page
    assert "t&lt;wo&gt;" in page
    assert "t<wo>" not in page
    assert "Positive myoclonus" in page


def test_a_folder_without_results_says_what_to_do(tmp_path):
    with pytest.raises(ms.ParameterError, match="analyse some"):
        ms.write_summary(tmp_path)
