"""Fuzz the header and annotation parsers of EDF and BDF, guided by coverage; not part of the suite.

    pip install atheris
    python tests/fuzz_edf.py CORPUS_FOLDER -max_total_time=1800 -max_len=2500

The allowed outcomes are those of `test_edf_fuzz.py`. What new ways it finds through the parsers is kept, made small by
`-merge=1`, in `edf_corpus.zip`, and read again by that file in every run of the suite.
"""

import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["myosig.io", "myosig.timeline", "myosig.intervals"]):
    from test_edf_fuzz import BASES, CORPUS, check_any

    import myosig.io.edf
    import myosig.io.reader  # noqa: F401  (before `read` loads it, or it would not be watched)

PLACE = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)) / "fuzzed.edf"


def main() -> None:
    folder = next((Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")), None)
    if folder is not None and not folder.exists():
        folder.mkdir()
        for name, content in BASES.items():
            (folder / name).write_bytes(content)
        if CORPUS.exists():
            zipfile.ZipFile(CORPUS).extractall(folder)
    warnings.simplefilter("ignore", DeprecationWarning)
    atheris.Setup(sys.argv, lambda content: check_any(PLACE, content))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
