"""The memory of a search does not grow with the recording, measured in child processes."""

import subprocess
import sys
from pathlib import Path

import pytest

SEARCH = """
import sys
from pathlib import Path
import numpy as np
from myosig.detect.stream import BurstDetector
from myosig.channel import Channel
minutes = int(sys.argv[1])
detector = BurstDetector([Channel(f"EMG {i}", "emg", 2000.0, "uV", 0) for i in range(4)])
minute = np.random.default_rng(701).normal(0, 5, (4, 120_000)).astype(np.float32)
minute[:, 60_000:60_200] *= 9
found = sum(len(detector.push(minute)) for _ in range(minutes))
print(found + len(detector.flush()), int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024)
"""


def searched(minutes):
    done = subprocess.run([sys.executable, "-c", SEARCH, str(minutes)], capture_output=True, text=True, check=True)
    found, megabytes = done.stdout.split()
    return int(found), float(megabytes)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is told by Linux only")
def test_a_long_stream_needs_no_more_memory_than_a_short_one():
    (few, short), (many, long) = searched(5), searched(100)
    assert few >= 4 * 5
    assert many >= 4 * 100
    assert long < 1.1 * short
