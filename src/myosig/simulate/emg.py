"""The EMG of a simulated patient: every burst, tonic activity and its silences, and what the amplifier adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myosig.simulate import artefacts, motor_units
from myosig.simulate.difficulty import Difficulty
from myosig.simulate.lookalikes import fasciculations, voluntary
from myosig.simulate.montage import Montage
from myosig.simulate.patient import Patient
from myosig.simulate.plan import Hush, PlannedBursts, Script, join
from myosig.simulate.truth import TrueBursts, TrueSilences

Floats = NDArray[np.float64]
Signals = NDArray[np.float32]

WEAKEST = 2.0  # dB: no burst is put in that is weaker against its channel's noise


@dataclass(frozen=True, slots=True, eq=False)
class PlayedEmg:
    """EMG in µV without artefacts, and what is true of it."""

    muscles: Signals
    noise: Floats
    bursts: TrueBursts
    silences: TrueSilences


def other_movements(patient: Patient, script: Script) -> PlannedBursts:
    """The script's bursts and, beside them, what everybody does: fidgeting and a fasciculation now and then."""
    busy = patient.difficulty.variability
    minutes = patient.duration / 60
    fidgets = patient.rng.poisson(0.2 * minutes * (busy >= 1) * busy) if script.finding == "myoclonus" else 0
    return join([script.bursts, voluntary(patient, fidgets), fasciculations(patient, patient.rng.uniform(0, 1) * busy)])


def play_emg(patient: Patient, script: Script, labels: tuple[str, ...], sfreq: float) -> PlayedEmg:
    """Play every burst and all tonic activity."""
    rng, difficulty = patient.rng, patient.difficulty
    n_channels, n_samples = len(labels), round(patient.duration * sfreq)
    units = motor_units.draw_units(n_channels, sfreq, rng)
    noise = rng.uniform(*artefacts.NOISE, n_channels)
    tonic_db = script.tonic if script.tonic is not None else _casual_tonic(n_channels, difficulty, rng)
    emg, silences = _play_tonic(patient, script, units, noise, tonic_db, labels, n_samples)
    floor = noise * np.sqrt(1 + np.nan_to_num(10 ** (tonic_db / 10)))

    bursts = other_movements(patient, script)
    if len(bursts) == 0:
        return PlayedEmg(emg, noise, _no_bursts(), silences)
    played = motor_units.play(bursts, motor_units.fire(bursts, units, rng), units)
    usual = rng.uniform(*difficulty.snr, n_channels)
    snr = usual[bursts.channel] + bursts.loudness + rng.normal(0, difficulty.snr_spread, len(bursts))
    snr = np.maximum(snr, WEAKEST)
    gain = floor[bursts.channel] * 10 ** (snr / 20) / played.rms
    motor_units.add_bursts(emg, bursts.channel, played, gain)
    truth = TrueBursts(
        channel=np.array(labels, dtype=object)[bursts.channel],
        onset=played.onset / sfreq,
        offset=played.offset / sfreq,
        jerk=bursts.jerk,
        snr=snr,
        kind=bursts.kind,
    )
    inside = (played.onset >= 0) & (played.offset <= n_samples)
    return PlayedEmg(emg, noise, truth[inside][np.argsort(truth.onset[inside], kind="stable")], silences)


def _casual_tonic(n_channels: int, difficulty: Difficulty, rng: np.random.Generator) -> Floats:
    """Muscles that are not quite at rest: 0-6 dB above the noise in some channels."""
    return np.where(rng.random(n_channels) < difficulty.tonic, rng.uniform(0, 6, n_channels), np.nan)


def _play_tonic(
    patient: Patient,
    script: Script,
    units: motor_units.Units,
    noise: Floats,
    tonic_db: Floats,
    labels: tuple[str, ...],
    n_samples: int,
) -> tuple[Signals, TrueSilences]:
    """Tonic activity of every channel that has some, with the silences cut into it."""
    emg = np.zeros((noise.size, n_samples), dtype=np.float32)
    cut: list[tuple[str, float, float, int]] = []
    for channel in np.flatnonzero(np.isfinite(tonic_db)).tolist():
        unit, times = motor_units.tonic_discharges(_drive(patient, script), patient.duration, patient.rng)
        if script.hush is not None:
            keep, edges = _cut_silences(script.hush, channel, unit, times, units)
            unit, times = unit[keep], times[keep]
            cut += [(labels[channel], *edge) for edge in edges]
        wave = motor_units.play_train(channel, unit, times, units, n_samples)
        loud = np.sqrt(np.mean(wave[np.abs(wave) > 0] ** 2)) if wave.any() else 1.0
        emg[channel] = wave * (noise[channel] * 10 ** (tonic_db[channel] / 20) / loud)
    cut.sort(key=lambda row: row[1])
    return emg, TrueSilences(
        channel=np.array([row[0] for row in cut], dtype=object),
        onset=np.array([row[1] for row in cut]),
        offset=np.array([row[2] for row in cut]),
        jerk=np.array([row[3] for row in cut], dtype=np.int64),
    )


def _drive(patient: Patient, script: Script) -> Floats:
    """How tense a muscle is over time, 0-1: held in posture for negative myoclonus, else wandering."""
    rng = patient.rng
    n = max(4, int(patient.duration / 10))
    if script.hush is None:
        return np.clip(rng.uniform(0.3, 0.8) + 0.15 * rng.normal(size=n), 0.05, 1.0)
    return np.clip(0.9 + 0.05 * rng.normal(size=n), 0.7, 1.0)


def _cut_silences(
    hush: Hush, channel: int, unit: NDArray[np.int64], times: Floats, units: motor_units.Units
) -> tuple[NDArray[np.bool_], list[tuple[float, float, int]]]:
    """Which discharges survive, and (last potential's end, next one's beginning, number) of every silence."""
    mine = np.flatnonzero(hush.channel == channel)
    keep = np.ones(times.size, dtype=bool)
    length = (units.end - units.begin)[channel] / units.sfreq
    ends = times + length[unit]
    for k in mine:
        keep &= ~((ends > hush.onset[k]) & (times < hush.onset[k] + hush.duration[k]))
    begins, ends = np.sort(times[keep]), np.sort(ends[keep])
    edges = []
    for k in mine:
        before = ends[ends <= hush.onset[k] + 1e-9]
        after = begins[begins >= hush.onset[k] + hush.duration[k] - 1e-9]
        if before.size and after.size:
            edges.append((float(before[-1]), float(after[0]), int(hush.jerk[k])))
    return keep, edges


def add_artefacts(patient: Patient, emg: PlayedEmg, beats: Floats, jerk_onsets: Floats, sfreq: float) -> Signals:
    """The EMG as an amplifier sees it: cross-talk, noise, hum, drift, heart beats and movement."""
    rng, difficulty, montage = patient.rng, patient.difficulty, patient.montage
    shape = emg.muscles.shape
    n = shape[0]
    plugged = rng.random(n) < 0.5  # the other channels hardly see the mains
    out = np.asarray(_crosstalk(montage, rng.uniform(*difficulty.crosstalk)) @ emg.muscles, dtype=np.float32)
    out += artefacts.electrode_noise(shape, sfreq, emg.noise, rng)
    out += artefacts.hum(shape, sfreq, _levels(difficulty.hum, n, rng) * plugged, rng)
    out += artefacts.drift(shape, sfreq, _levels(difficulty.drift, n, rng), rng)
    heart = artefacts.ecg(shape[1], sfreq, beats, rng)
    share = artefacts.ecg_share(montage.muscles) * _levels(difficulty.ecg, n, rng) * rng.choice([-1, 1], n)
    out += np.outer(share, heart).astype(np.float32)
    for channel in np.flatnonzero(rng.random(n) < 0.3):
        size = rng.uniform(*difficulty.movement) * rng.lognormal(0, 0.4, jerk_onsets.size)
        when = jerk_onsets + rng.uniform(0.02, 0.06)
        out[channel] += artefacts.movement(shape[1], sfreq, when, size, rng).astype(np.float32)
    return out


def _levels(between: tuple[float, float], n: int, rng: np.random.Generator) -> Floats:
    return rng.uniform(between[0], between[1], n)


def _crosstalk(montage: Montage, share: float) -> Signals:
    """Mixing matrix: neighbours of one side within two segments see that share of each other."""
    position, region = montage.position_mm, np.array([m.region for m in montage.muscles])
    sides = np.array(montage.sides)
    near = (np.abs(position[:, None] - position[None]) < 30) & (region[:, None] == region) & (sides[:, None] == sides)
    return np.asarray(np.where(np.eye(len(sides)), 1.0, share * near), dtype=np.float32)


def _no_bursts() -> TrueBursts:
    none, text = np.empty(0), np.empty(0, dtype=object)
    return TrueBursts(channel=text, onset=none, offset=none, jerk=np.empty(0, dtype=np.int64), snr=none, kind=text)
