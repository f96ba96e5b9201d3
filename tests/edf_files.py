"""EDF and BDF files byte by byte from their definition, and a slow reader of them: independent of the package."""

from dataclasses import dataclass, field

import numpy as np

WIDTHS = {
    "label": 16,
    "transducer": 80,
    "unit": 8,
    "physical_min": 8,
    "physical_max": 8,
    "digital_min": 8,
    "digital_max": 8,
    "prefilter": 80,
    "samples": 8,
    "reserved": 32,
}

RNG = np.random.default_rng(52)


def raw(value):
    return value if isinstance(value, bytes) else str(value).encode("ascii")


@dataclass
class Signal:
    """One signal; `data` are stored numbers, or a list of bytes, one a record, for annotations."""

    data: object
    samples: int = 10
    label: object = "EMG R APB"
    transducer: object = ""
    unit: object = "uV"
    physical_min: object = -3276.8
    physical_max: object = 3276.7
    digital_min: object = -32768
    digital_max: object = 32767
    prefilter: object = ""
    reserved: object = ""


def annotations(texts, samples=30, form="EDF"):
    return Signal(
        [t.encode("utf-8") if isinstance(t, str) else t for t in texts], samples, f"{form} Annotations", unit=""
    )


@dataclass
class File:
    """A whole file. Any header field can be given as text or bytes."""

    signals: list
    records: object = None
    duration: object = 1
    reserved: object = ""
    date: object = "02.03.21"
    time: object = "04.05.06"
    patient: object = "X X X X"
    recording: object = ""
    header_bytes: object = None
    n_signals: object = None
    bits: int = 16
    tail: bytes = b""
    overrides: dict = field(default_factory=dict)

    def encode(self):
        size = self.bits // 8
        n_records = min(self.n_records_of(s, size) for s in self.signals)
        count = n_records if self.records is None else self.records
        fixed = [
            (b"0" if self.bits == 16 else b"\xffBIOSEMI", 8),
            (raw(self.patient), 80),
            (raw(self.recording), 80),
            (raw(self.date), 8),
            (raw(self.time), 8),
            (raw(256 * (len(self.signals) + 1) if self.header_bytes is None else self.header_bytes), 8),
            (raw(self.reserved), 44),
            (raw(count), 8),
            (raw(self.duration), 8),
            (raw(len(self.signals) if self.n_signals is None else self.n_signals), 4),
        ]
        header = b"".join(value.ljust(width) for value, width in fixed)
        for name, width in WIDTHS.items():
            header += b"".join(raw(getattr(s, name)).ljust(width) for s in self.signals)
        body = b"".join(self.block(s, record, size) for record in range(n_records) for s in self.signals)
        return header + body + self.tail

    @staticmethod
    def n_records_of(signal, size):
        return len(signal.data) if isinstance(signal.data, list) else len(signal.data) // signal.samples

    @staticmethod
    def block(signal, record, size):
        if isinstance(signal.data, list):
            return signal.data[record].ljust(signal.samples * size, b"\0")
        numbers = np.asarray(signal.data)[record * signal.samples : (record + 1) * signal.samples]
        return b"".join(int(x).to_bytes(size, "little", signed=True) for x in numbers)


def values(signal):
    """What the samples of a signal mean, in its own unit, in double precision."""
    low, high = float(signal.physical_min), float(signal.physical_max)
    least, most = int(signal.digital_min), int(signal.digital_max)
    return low + (np.asarray(signal.data, dtype=float) - least) * (high - low) / (most - least)


def naive_read(content):
    """(labels, rates, samples in the file's unit) of a well-formed file without gaps, from the definition."""
    size = 3 if content[0] == 0xFF else 2
    count = int(float(content[252:256]))
    columns, at = {}, 256
    for name, width in WIDTHS.items():
        columns[name] = [content[at + i * width : at + (i + 1) * width].strip() for i in range(count)]
        at += width * count
    per_record = [int(float(x)) for x in columns["samples"]]
    stored = [[] for _ in range(count)]
    duration = float(content[244:252])
    while at + size * sum(per_record) <= len(content):
        for i, n in enumerate(per_record):
            for _ in range(n):
                stored[i].append(int.from_bytes(content[at : at + size], "little", signed=True))
                at += size
    out = {}
    for i in range(count):
        if columns["label"][i].endswith(b" Annotations"):
            continue
        low, high = float(columns["physical_min"][i]), float(columns["physical_max"][i])
        least, most = int(float(columns["digital_min"][i])), int(float(columns["digital_max"][i]))
        numbers = low + (np.array(stored[i], dtype=float) - least) * (high - low) / (most - least)
        out[i] = (columns["label"][i].decode("latin-1"), per_record[i] / duration, numbers)
    return out


def numbers(n=100, bits=16):
    """Stored numbers: the extremes, zero, and noise."""
    half = 2 ** (bits - 1)
    return np.concatenate([[-half, half - 1, 0], RNG.integers(-half, half, n - 3)])


def clock(n, step=1.0, extra=()):
    """Annotation bytes of n records that follow each other, with extra lists in the first."""
    lists = [f"+{i * step:g}\x14\x14\0" for i in range(n)]
    lists[0] += "".join(extra)
    return lists
