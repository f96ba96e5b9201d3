"""What an analysis says in the words of a clinician: for the pages and the command line.

Everything is made from the form of `analysis.json`, so that it can be said of results on disk as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import TYPE_CHECKING, Any

from myosig.report.pages import capital, number, percent, several, span

if TYPE_CHECKING:
    from myosig.analysis import Analysis

NEVER = "not assessable"
NAMED_SHARE = 0.05  # of the posterior: less likely sources are not named
BY_TURNS = 0.1  # of the jerks of muscles recorded on both sides: when fewer are of both, the sides take turns
SIDES = {"both": "both sides", "left": "left side", "right": "right side", "midline": "midline"}
COURSES = {
    "simultaneous": "all muscles at once",
    "descending": "spreading downwards",
    "ascending": "spreading upwards",
    "both ways": "spreading up and down",
    "inconsistent": "muscles in no fixed order",
}
ADVICE = {  # what would settle a finding for which no source is weighed
    "none": "A recording while the jerks occur: longer, or in the posture, task or sleep stage in which they are seen.",
    "tremor": "The criteria for sources are of jerks; if there are any beside the tremor, analyse stretches with them.",
    "sustained contraction": "A recording at rest, or of muscles that are not contracted, if there are jerks as well.",
    "unsearched": "Say which channels are EMG (a table with --channels), or record it at 1000 Hz or more.",
    "negative": "The criteria for sources are of positive jerks; look at the EEG before the silences by eye.",
}

Json = Mapping[str, Any]


def headline(result: Json) -> str:
    """The verdict, or the finding where no source is given, as a title."""
    finding, sign, tremor = result["phenotype"]["finding"], result["phenotype"]["sign"], result["tremor"]
    if result["localization"]["verdict"] is not None:
        return capital(result["localization"]["wording"])
    if finding == "tremor" and tremor["frequency_hz"]:
        return f"Tremor at {tremor['frequency_hz']:.1f} Hz, not myoclonus"
    if sign == "negative":
        return "Negative myoclonus: silences in tonic activity"
    if _without_emg(result["phenotype"]):
        return "No EMG to search"
    return {"none": "No jerks found", "sustained contraction": "Sustained contraction, no jerks"}.get(
        finding, capital(finding)
    )


def _without_emg(phenotype: Json) -> bool:
    """Whether nothing was searched; results that do not state it had EMG."""
    return phenotype.get("searched_s") == 0


def how_sure(result: Json) -> str:
    """How probable the sources are, and why there is a verdict or none; for other findings the rule that gave them."""
    where = result["localization"]
    if where["verdict"] is None:
        return capital(result["phenotype"]["why"]) + "."
    ranked = sorted(where["posterior"].items(), key=lambda item: -item[1])
    named = [f"{name} {percent(share)}" for name, share in ranked if share >= NAMED_SHARE]
    rest = [share for _, share in ranked if share < NAMED_SHARE]
    if rest:
        most = percent(rest[0])
        named.append(f"every other {most if most.startswith('<') else f'at most {most}'}")
    before = "if all were equally likely before" if len(set(where["prior"].values())) == 1 else "with the prior given"
    return f"{capital(', '.join(named))}, {before}. {capital(where['why'])}."


def advice(result: Json) -> str | None:
    """What would settle a finding for which no source is weighed."""
    phenotype = result["phenotype"]
    if result["localization"]["verdict"] is not None:
        return None
    if _without_emg(phenotype):
        return ADVICE["unsearched"]
    return ADVICE.get("negative" if phenotype["sign"] == "negative" else phenotype["finding"])


def in_short(result: Json) -> str | None:
    """The jerks, silences or tremor in one line, without what is not known; None where there is nothing to describe."""
    phenotype = result["phenotype"]
    if phenotype["finding"] in ("none", "sustained contraction"):
        return None
    if phenotype["sign"] == "negative":
        described = _silences(result.get("silences"))
        return described and f"{described}."
    sign = {"positive": "positive myoclonus", "both": "positive and negative myoclonus"}.get(phenotype["sign"])
    parts = [
        ", ".join(
            filter(
                None,
                [
                    sign or phenotype["finding"],
                    phenotype["distribution"]["value"],
                    _sides(result),
                ],
            )
        ),
        phenotype["activation"]["value"],
        _rate(phenotype["rate"]) if sign else None,
        None if phenotype["rhythm"]["verdict"] == NEVER else _rhythm(phenotype["rhythm"]),
        None if phenotype["grouping"]["value"] in (None, "single") else phenotype["grouping"]["value"],
        _burst(phenotype["burst"]),
        COURSES.get(phenotype["spread"]["direction"]) and _course(phenotype["spread"]) if sign else None,
        _silences(result.get("silences")) if phenotype["sign"] == "both" else None,
    ]
    return capital("; ".join(part for part in parts if part)) + "."


def about(result: Json) -> str:
    """Title of the table of axes."""
    phenotype = result["phenotype"]
    what = "silences" if phenotype["sign"] == "negative" else phenotype["finding"]
    return f"What the {'jerks' if what == 'myoclonus' else what} {'is' if what == 'tremor' else 'are'} like"


def axes(result: Json) -> list[tuple[str, str]]:
    """Each axis of the phenotype and what is known of it."""
    p = result["phenotype"]
    if p["sign"] == "negative":
        return [
            ("finding", f"{p['finding']} (negative): {p['why']}"),
            ("silences", _silences(result.get("silences")) or NEVER),
        ]
    tables = {
        "rhythm": (_rhythm_in_full(p["rhythm"]), p["rhythm"]["n"], "intervals"),
        "grouping": (_grouping(p["grouping"]), p["grouping"]["n"], "jerks"),
        "rate": (_rate(p["rate"]), None, ""),
        "burst": (_burst(p["burst"], quartiles=True), p["burst"]["n"], "bursts"),
        "antagonists": (_antagonists(p["burst"].get("antagonists") or {}), None, ""),
        "muscles": (_distribution(p["distribution"]), p["distribution"]["n"], "jerks"),
        "side": (_side(result), p["side"]["n"], "jerks"),
        "spread": (_course(p["spread"]), p["spread"]["n"], "jerks"),
        "brought on by": (p["activation"]["value"], p["activation"]["n"], "jerks"),
        "jerks a minute by state": (_state(p["state"]), None, ""),
        "silences": (_silences(result.get("silences")) or _no_silences(result.get("silences")), None, ""),
    }
    first = [("finding", f"{p['finding']}{' (' + p['sign'] + ')' if p['sign'] else ''}: {p['why']}")]
    whys = {"brought on by": p["activation"], "jerks a minute by state": p["state"], "muscles": p["distribution"]}
    return first + [
        (name, _counted(text, n, of) if text else _not_known(whys.get(name, p.get(name, {}))))
        for name, (text, n, of) in tables.items()
    ]


def counts(analysis: Analysis) -> str:
    """How many bursts, jerks and silences were found."""
    found: tuple[tuple[Sized, str], ...] = (
        (analysis.bursts, "burst"),
        (analysis.jerks, "jerk"),
        (analysis.silences, "silence"),
    )
    return ", ".join(several(events, name) for events, name in found)


def _counted(text: str, n: int | None, of: str) -> str:
    return text if n is None else f"{text} (n = {n} {of})"


def _not_known(axis: Json) -> str:
    return f"{NEVER}: {axis['why']}" if axis.get("why") else NEVER


def _rate(rate: Json) -> str | None:
    return f"{rate['value']}: {rate['per_min']:.1f} jerks a minute (n = {rate['n']})" if rate["value"] else None


def _rhythm(rhythm: Json) -> str:
    frequency = rhythm["frequency_hz"]
    if not frequency:
        return str(rhythm["verdict"])
    return f"{rhythm['verdict']} at {number(frequency)} Hz" + (
        f" (every {span(1 / frequency)})" if frequency < 1 else ""
    )


def _rhythm_in_full(rhythm: Json) -> str | None:
    if rhythm["verdict"] == NEVER:
        return None
    return _rhythm(rhythm) + (f", CV {rhythm['cv']:.2f}" if rhythm["cv"] is not None else "")


def _grouping(grouping: Json) -> str | None:
    if not grouping["value"]:
        return None
    repeats = f"bursts of each muscle in a jerk: {number(grouping['bursts_per_muscle_and_jerk'])}"
    if grouping["value"] != "in runs":
        return f"{grouping['value']}; {repeats}"
    jerks, rate = number(grouping["jerks_per_run"]), number(grouping["rate_within_runs_hz"])
    return f"in runs of {jerks} jerks, {rate} a second; {repeats}"


def _burst(burst: Json, *, quartiles: bool = False) -> str | None:
    if not burst["duration_ms"]:
        return None
    spread = f" (quartiles {' and '.join(f'{x:.0f}' for x in burst['duration_quartiles_ms'])})" if quartiles else ""
    return f"bursts of {burst['duration_ms']:.0f} ms{spread} and {burst['amplitude_uv']:.0f} µV (medians)"


def _antagonists(pairs: Json) -> str | None:
    return "; ".join(f"{pair}: {relation}" for pair, relation in pairs.items() if relation != NEVER) or None


def _distribution(place: Json) -> str | None:
    if not place["value"]:
        return None
    return f"{place['value']}: {', '.join(place['muscles'])}; supplied by {', '.join(place['segments'])}"


def _sides(result: Json) -> str | None:
    """Which sides jerk; left and right may do so in different jerks."""
    sides = result["phenotype"]["side"]["value"]
    together = (e["value"] for e in result["localization"].get("evidence", ()) if e["criterion"] == "bilateral jerks")
    share = next(together, None)
    by_turns = sides == "both" and share is not None and share < BY_TURNS
    return "left and right by turns" if by_turns else SIDES.get(sides)


def _side(result: Json) -> str | None:
    side, sides = result["phenotype"]["side"], _sides(result)
    if sides is None:
        return None
    lag = side["lag_right_minus_left_ms"]
    later = "" if lag is None else f"; right {abs(lag):.1f} ms {'after' if lag > 0 else 'before'} left"
    return sides + later


def _course(spread: Json) -> str | None:
    course = COURSES.get(spread["direction"])
    return f"{course} at {number(spread['velocity_m_s'])} m/s" if course and spread["velocity_m_s"] else course


def _state(state: Json) -> str | None:
    rates = state["value"] or {}
    return ", ".join(f"{name} {number(rate)}" for name, rate in rates.items()) or None


def _no_silences(silences: Json | None) -> str | None:
    if not silences or not silences["tonic_s"]:
        return f"{NEVER}: no muscle was in tonic activity"
    return f"none in {span(silences['tonic_s'])} of tonic activity of all muscles together"


def _silences(silences: Json | None) -> str | None:
    if not silences or not silences["n"]:
        return None
    return (
        f"{silences['n']} silences of {silences['duration_ms']:.0f} ms in {', '.join(silences['muscles'])}: "
        f"{number(silences['per_min'])} a minute of tonic activity"
    )
