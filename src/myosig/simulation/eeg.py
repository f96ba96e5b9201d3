"""EEG: a background of the brain's own rhythms, and what jerks, movements and blinks add to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from myosig.simulation.artefacts import coloured_noise
from myosig.simulation.montage import Montage, scalp_positions
from myosig.simulation.patient import Patient
from myosig.simulation.plan import Drive, Waves, plan_waves

Floats = NDArray[np.float64]
Signals = NDArray[np.float32]

BACKGROUND = (7.0, 12.0)  # µV RMS of the scalp EEG without its rhythms [M]
EXPONENT = (1.0, 1.6)  # of the background's 1/f power [M]
SMEAR = 0.5  # rad over which the skull spreads a source on the scalp [M]
ALPHA = (4.0, 15.0)  # µV RMS at O1 and O2, eyes closed [M]
BETA = (2.0, 4.0)  # µV RMS at C3 and C4, 16-26 Hz, at rest [M]
# Reach of each kind of event on the scalp, rad [P]
REACH = {"premyoclonic spike": 0.45, "loose spike": 0.8, "readiness potential": 0.65, "spike-wave": 1.3, "blink": 0.45}
BLINK_SITE = "Fpz"
CONTAMINATION = {"cranial": 0.04, "neck": 0.02}  # of a muscle's EMG seen by the nearest scalp electrodes [P]


def play_eeg(
    patient: Patient, waves: Sequence[Waves], drive: Drive | None, muscles: Signals, emg_sfreq: float, sfreq: float
) -> Signals:
    """Background, rhythms, the given waves and drive, and the EMG of face and neck; µV, shape (n_sites, n_samples)."""
    rng, sites = patient.rng, patient.montage.sites
    n_samples = round(patient.duration * sfreq)
    eeg = background(sites, n_samples, sfreq, rng)
    eeg += beta_rhythm(sites, n_samples, sfreq, [w for w in waves if w.kind == "desynchronisation"], rng)
    add_waves(eeg, sites, sfreq, waves)
    if drive is not None:
        wave = np.interp(np.arange(n_samples) / sfreq, np.arange(drive.wave.size) / drive.sfreq, drive.wave)
        eeg += np.outer(topographies(sites, (drive.site,), 0.45)[:, 0], drive.amplitude * wave).astype(np.float32)
    _add_muscles(eeg, patient.montage, muscles, round(emg_sfreq / sfreq))
    return eeg


def blinks(patient: Patient) -> Waves:
    """Blinks at random, as many as the difficulty says."""
    n = patient.rng.poisson(patient.rng.uniform(*patient.difficulty.blinks) * patient.duration / 60)
    time = np.sort(patient.rng.uniform(0, patient.duration, n))
    return plan_waves("blink", BLINK_SITE, time, patient.rng.uniform(60, 140, n))


def background(sites: tuple[str, ...], n_samples: int, sfreq: float, rng: np.random.Generator) -> Signals:
    """1/f noise, smeared over the scalp, with an occipital alpha rhythm that waxes and wanes."""
    sources = coloured_noise((len(sites), n_samples), sfreq, rng.uniform(*EXPONENT), rng)
    mixing = topographies(sites, sites, SMEAR)
    mixing /= np.sqrt(np.sum(mixing**2, axis=1, keepdims=True))
    level = rng.uniform(*BACKGROUND)
    eeg = (level * mixing).astype(np.float32) @ sources
    alpha = rhythm(n_samples, sfreq, (rng.uniform(8.5, 11.5), 0.8), rng) * rng.uniform(*ALPHA)
    back = topographies(sites, ("O1", "O2"), 0.55).sum(axis=1)
    eeg += np.outer(back / max(back.max(), 0.3), alpha).astype(np.float32)
    return eeg


def rhythm(n_samples: int, sfreq: float, band: tuple[float, float], rng: np.random.Generator) -> Floats:
    """Narrow-band noise of unit variance around a centre frequency with a bandwidth (Hz)."""
    centre, width = band
    slow = int(np.ceil(n_samples / sfreq * 8 * width)) + 8
    knots = np.linspace(0, slow - 1, n_samples)
    envelope = [np.interp(knots, np.arange(slow), rng.normal(size=slow)) for _ in range(2)]
    phase = 2 * np.pi * centre * np.arange(n_samples) / sfreq
    wave = envelope[0] * np.cos(phase) - envelope[1] * np.sin(phase)
    return np.asarray(wave / wave.std())


def beta_rhythm(
    sites: tuple[str, ...], n_samples: int, sfreq: float, losses: Sequence[Waves], rng: np.random.Generator
) -> Signals:
    """The central beta rhythm of both sides, weaker where it is desynchronised."""
    eeg = np.zeros((len(sites), n_samples), dtype=np.float32)
    for site in ("C3", "C4"):
        gain = _remaining([w for w in losses if w.site in (site, "Cz")], n_samples, sfreq)
        wave = rhythm(n_samples, sfreq, (rng.uniform(17, 25), 4.0), rng) * rng.uniform(*BETA) * gain
        eeg += np.outer(topographies(sites, (site,), 0.4)[:, 0], wave).astype(np.float32)
    return eeg


def _remaining(losses: Sequence[Waves], n_samples: int, sfreq: float) -> Floats:
    """What remains of a rhythm: ramps down over a third of the span, back within 0.5 s after the movement."""
    gain = np.ones(n_samples)
    for wave in losses:
        for time, lost, span in zip(wave.time, wave.amplitude, wave.span, strict=True):
            t = np.arange(max(0, round(time * sfreq)), min(n_samples, round((time + span + 0.8) * sfreq)))
            depth = np.interp(t / sfreq - time, [0, span / 3, span + 0.3, span + 0.8], [0, lost, lost, 0])
            gain[t] = np.minimum(gain[t], 1 - depth)
    return gain


def add_waves(eeg: Signals, sites: tuple[str, ...], sfreq: float, waves: Sequence[Waves]) -> None:
    """Add every potential at its sites."""
    for group in waves:
        if group.kind == "desynchronisation":
            continue
        course = np.zeros(eeg.shape[1])
        for time, amplitude, span in zip(group.time, group.amplitude, group.span, strict=True):
            before, after = SHAPES[group.kind][1](span)
            t = np.arange(max(0, round((time - before) * sfreq)), min(course.size, round((time + after) * sfreq)))
            course[t] += amplitude * SHAPES[group.kind][0](t / sfreq - time, span)
        topography = topographies(sites, (group.site,), REACH[group.kind])[:, 0]
        eeg += np.outer(topography, course).astype(np.float32)


def _add_muscles(eeg: Signals, montage: Montage, muscles: Signals, step: int) -> None:
    for row, (m, side) in enumerate(zip(montage.muscles, montage.sides, strict=True)):
        if m.region in CONTAMINATION:
            near = topographies(montage.sites, ("T8" if side == "right" else "T7",), 0.7)[:, 0]
            share = (CONTAMINATION[m.region] * near).astype(np.float32)
            eeg += share[:, None] * muscles[row, ::step][None, : eeg.shape[1]]


def topographies(sites: tuple[str, ...], centres: tuple[str, ...], reach: float) -> Floats:
    """How much each site sees of a source under each centre, 1 at the centre; shape (n_sites, n_centres)."""
    cosine = np.clip(scalp_positions(sites) @ scalp_positions(centres).T, -1, 1)
    return np.asarray(np.exp(-((np.arccos(cosine) / reach) ** 2) / 2))


def _bell(t: Floats, at: float, width: float) -> Floats:
    return np.asarray(np.exp(-(((t - at) / width) ** 2) / 2))


def _spike(t: Floats, span: float) -> Floats:
    """Positive peak at 0, negative 14 ms later (criteria.md 1C: positive-negative)."""
    return _bell(t, 0, 0.005) - 0.7 * _bell(t, 0.014, 0.008)


def _readiness(t: Floats, span: float) -> Floats:
    """Slow negativity: a third of it until half a second before the movement, the rest until the movement."""
    turn = max(span - 0.5, span / 2)
    return -np.interp(t, [0, turn, span - 0.03, span + 0.35, span + 0.8], [0, 0.35, 1, -0.2, 0])


def _spike_wave(t: Floats, span: float) -> Floats:
    """Negative spike at 0 and a slow negative wave after it."""
    return -_bell(t, 0, 0.014) + 0.35 * _bell(t, 0.04, 0.014) - 0.8 * _bell(t, 0.17, 0.06)


def _blink(t: Floats, span: float) -> Floats:
    return _bell(t, 0, 0.06) - 0.15 * _bell(t, 0.22, 0.08)


# The time course of each kind, and the time that it takes before and after its event (for a span), s.
SHAPES: dict[str, tuple[Callable[[Floats, float], Floats], Callable[[float], tuple[float, float]]]] = {
    "premyoclonic spike": (_spike, lambda span: (0.03, 0.06)),
    "loose spike": (_spike, lambda span: (0.03, 0.06)),
    "readiness potential": (_readiness, lambda span: (0.0, span + 0.8)),
    "spike-wave": (_spike_wave, lambda span: (0.08, 0.45)),
    "blink": (_blink, lambda span: (0.25, 0.5)),
}
