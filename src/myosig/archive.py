"""A result folder opened again: `analysis.npz` holds what its tables and its JSON round, flatten or leave out.

A JSON text names every value of every result, an array each beside it; no pickle, and nothing of it is run.
"""

from __future__ import annotations

import json
import math
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myosig.errors import MyosigError, ReadError

ARCHIVE = "analysis.npz"
TREE = "tree"
PACKAGE = "myosig"
HOMES = {
    "analysis": ("Analysis",),
    "annotations": ("Annotations",),
    "channel": ("Channel",),
    "detect.bursts": ("Bursts",),
    "detect.jerks": ("Jerks",),
    "detect.rhythm": ("Rhythm",),
    "detect.silences": ("Silences",),
    "detect.synchrony": ("Synchrony",),
    "detect.tremor": ("EnvelopeRhythm", "Tremor"),
    "intervals": ("Intervals",),
    "io.elsewhere": ("Elsewhere",),
    "localize.antagonists": ("AntagonistPair",),
    "localize.coherence": ("Coherence",),
    "localize.conditions": ("Condition",),
    "localize.context": ("Context",),
    "localize.cooccurrence": ("Cooccurrence",),
    "localize.corticomuscular": ("SharedRhythm",),
    "localize.cortex.backaverage": ("Backaverage",),
    "localize.cortex.desynchronisation": ("Desynchronisation",),
    "localize.cortex.discharges": ("Discharges",),
    "localize.cortex.posterior": ("AlphaRhythm",),
    "localize.cortex.potential": ("Potential", "SlowPotential"),
    "localize.delay": ("Delay",),
    "localize.eeg": ("EegFindings",),
    "localize.evidence": ("Evidence",),
    "localize.findings": ("Findings",),
    "localize.likelihoods": ("Row",),
    "localize.phenotype": ("Phenotype",),
    "localize.reflex": ("Reflex",),
    "localize.score": ("Localization",),
    "localize.spread": ("Spread",),
    "recording": ("Recording",),
    "settings": ("Settings",),
    "signals.cleaning": ("Artefacts",),
    "signals.excerpt": ("Excerpt",),
    "signals.heart": ("Heart",),
    "signals.mains": ("LineNoise",),
    "signals.quality": ("ChannelQuality", "Problem"),
}
# A class goes by its own name, so that results are read also when its file has moved since they were written.
MODULE = {name: f"{PACKAGE}.{module}" for module, names in HOMES.items() for name in names}


def write_archive(path: Path, values: Mapping[str, Any]) -> None:
    """Write values of any depth: plain ones, arrays, and dataclasses of myosig."""
    arrays: dict[str, NDArray[Any]] = {}
    text = json.dumps({key: _encode(value, arrays) for key, value in values.items()}, ensure_ascii=False)
    arrays[TREE] = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():  # as np.savez_compressed, but without the time of day in it
            member = zipfile.ZipInfo(f"{name}.npy")
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def read_archive(path: Path) -> dict[str, Any]:
    """What `write_archive` wrote.

    Raises
    ------
    ReadError
        If the file is damaged, or holds results in a form that this version does not know.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            tree = json.loads(bytes(arrays[TREE]).decode("utf-8"))
            return {key: _decode(value, arrays) for key, value in tree.items()}
    except OSError as error:
        raise ReadError(f"the results cannot be read: {error.strerror or error}", path=path) from error
    except (MyosigError, AttributeError, ImportError, TypeError) as error:
        raise ReadError(f"it holds results in a form that this version does not know ({error})", path=path) from error
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, RecursionError) as error:
        raise ReadError(f"the results are damaged ({type(error).__name__}: {error})", path=path) from error


def _encode(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """A value as JSON; what JSON does not have is an object with one key that says what it is."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, np.ndarray):
        return _encode_array(value, arrays)
    if isinstance(value, list | tuple | set | frozenset):
        inner = [_encode(one, arrays) for one in (value if isinstance(value, list | tuple) else sorted(value))]
        return inner if isinstance(value, list) else {type(value).__name__: inner}
    if isinstance(value, Mapping):
        return {"dict": [[_encode(key, arrays), _encode(one, arrays)] for key, one in value.items()]}
    if isinstance(value, os.PathLike):
        return {"path": Path(value).as_posix()}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if is_dataclass(value) and MODULE.get(type(value).__name__) == type(value).__module__:
        given = {f.name: _encode(getattr(value, f.name), arrays) for f in fields(value) if f.init}
        return {"type": type(value).__name__, "fields": given}
    raise TypeError(f"a {type(value).__name__} cannot be kept in {ARCHIVE}")


def _encode_array(value: NDArray[Any], arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    if value.dtype == object:
        return {"objects": _encode(value.ravel().tolist(), arrays), "shape": list(value.shape)}
    name = f"array{len(arrays)}"
    arrays[name] = value
    return {"array": name}


def _decode(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, list):
        return [_decode(one, arrays) for one in value]
    if not isinstance(value, dict):
        return value
    if "type" in value:
        given = {name: _decode(one, arrays) for name, one in value["fields"].items()}
        return _class_named(value["type"])(**given)
    if "objects" in value:
        made = np.empty(len(value["objects"]), dtype=object)
        made[:] = _decode(value["objects"], arrays)
        return made.reshape(value["shape"])
    ((kind, inner),) = value.items()
    if kind == "array":
        array = arrays[inner]
        array.setflags(write=False)
        return array
    if kind == "dict":
        return {_decode(key, arrays): _decode(one, arrays) for key, one in inner}
    plain: dict[str, Callable[[Any], Any]] = {"float": float, "path": Path, "time": datetime.fromisoformat}
    if kind in plain:
        return plain[kind](inner)
    return {"tuple": tuple, "set": set, "frozenset": frozenset}[kind](_decode(inner, arrays))


def _class_named(text: str) -> Any:
    """A class of `HOMES`, and nothing else; before 0.1 was out, the module that it was in stood before its name."""
    name = text.rpartition(":")[2]
    if name not in MODULE:
        raise TypeError(f"{text} is no result of this version")
    return getattr(import_module(MODULE[name]), name)
