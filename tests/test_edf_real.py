"""Real EDF and BDF files against another library."""

import warnings

import numpy as np
import pytest

import myosig as ms
from myosig.errors import MyosigWarning


class TestRealFiles:
    """Against edfio (samples in the file's unit) on every file that it reads without repair."""

    NAMES = (
        "formats/edf/bdf_test.bdf",
        "formats/edf/bdf_test.edf",
        "formats/edf/chtypes_edf.edf",
        "formats/edf/edf_plus_d_MB0400FU.edf",
        "formats/edf/short_psg.bdf",
        "formats/edf/short_psg.edf",
        "formats/edf/subsecond_starttime.edf",
        "formats/edf/test.bdf",
        "formats/edf/test.edf",
        "formats/edf/test_bdf_stim_channel.bdf",
        "formats/edf/test_edf_overlapping_annotations.edf",
        "formats/edf/test_reduced.edf",
        "formats/edf/test_stim_channel.edf",
        "formats/edf/test_uneven_samp.edf",
        "formats/edf/test_utf8_annotations.edf",
        "formats/edf/eeglab_biosemi_256Hz.bdf",
        "eeg-emg/multiple_annotation_chans.bdf",
        "reaction-time/example_data.bdf",
        "reaction-time/example_data.edf",
        "bids-emg/emg_CustomBipolar/sub-01/emg/sub-01_task-holdWeight_emg.edf",
        "bids-emg/emg_MultiBodyParts/sub-01/emg/sub-01_task-mechPerturbations_emg.edf",
        "bids-emg/emg_TwoWristbands/sub-01/emg/sub-01_task-typing_emg.edf",
    )
    FACTOR = {"uV": 1, "mV": 1e3, "V": 1e6}  # noqa: RUF012

    @pytest.mark.parametrize("name", NAMES)
    def test_samples_are_those_of_edfio(self, shared_data, name):
        import edfio

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MyosigWarning)  # some call themselves EDF+ and are not
            rec = ms.read(shared_data / name)
        read = edfio.read_bdf if name.endswith("bdf") else edfio.read_edf
        signals = read(shared_data / name).signals
        assert len(signals) == len(rec.channels)
        for channel, signal in zip(rec.channels, signals, strict=True):
            if channel.kind == "stim" and name.endswith("bdf"):
                continue
            expected = signal.data * self.FACTOR.get(signal.physical_dimension, 1)
            tolerance = 1e-6 * max(abs(v) for v in channel.limits)
            assert channel.sfreq == pytest.approx(signal.sampling_frequency, rel=1e-9)
            np.testing.assert_allclose(rec.read(channel.label), expected, rtol=1e-6, atol=tolerance)

    @pytest.mark.parametrize("name", ["SC4001EC-Hypnogram", "test_edfann", "test_utf8_annotations", "chtypes_edf"])
    def test_annotations_are_those_of_edfio(self, shared_data, name):
        import edfio

        path = shared_data / f"formats/edf/{name}.edf"
        expected = sorted(edfio.read_edf(path).annotations, key=lambda a: a.onset)
        ours = ms.read(path).annotations
        assert ours.onset.tolist() == pytest.approx([a.onset for a in expected])
        assert ours.duration.tolist() == pytest.approx([a.duration or 0 for a in expected])
        assert sorted(ours.text) == sorted(a.text for a in expected)

    def test_the_trigger_words_are_those_of_the_events(self, shared_data):
        rec = ms.read(shared_data / "reaction-time/example_data.bdf")
        codes = rec.read("Status").astype(int) & 0xFF
        events = np.genfromtxt(shared_data / "reaction-time/example_events.csv", delimiter=",", skip_header=1)
        starts = np.flatnonzero((codes[1:] != codes[:-1]) & (codes[1:] != 0)) + 1
        assert set(events[:, 0].astype(int)) <= set(starts.tolist()) | {s + 1 for s in starts.tolist()}
