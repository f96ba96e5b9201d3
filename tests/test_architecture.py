"""The import order of ARCHITECTURE.md, held against the code by parsing the imports."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import myosig

SOURCE = Path(myosig.__file__).parent

# A file may import only from groups above its own, or from its own group where a folder is named.
ORDER = [
    {"errors", "patterns", "compiled", "threads", "__version__"},
    {"_checks"},
    {"intervals", "tables", "muscles", "storage", "archive", "notebook"},
    {"timeline"},
    {"channel", "annotations", "samples"},
    {"recording"},
    {"marks"},
    {"signals"},
    {"simulation"},
    {"io"},
    {"detect"},
    {"localize"},
    {"settings", "corrected", "cohort", "live"},
    {"checkpoint"},
    {"analysis"},
    {"loading"},
    {"plot"},
    {"report"},
    {"batch"},
    {"cli", "__main__"},
]
ONLY_IN = {
    "numba": {"compiled"},
    "matplotlib": {"plot"},
    "mne": {"io", "localize"},
    "neo": {"io"},
    "distributed": {"batch", "cli"},
    **{name: frozenset() for name in ("pickle", "marshal", "shelve")},  # they run what a file says
}
FORBIDDEN = [("io", "detect"), ("io", "localize"), ("detect", "io"), ("localize", "io")]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def rank(module: str) -> int:
    names = [module, module.split(".")[0]]
    return next(i for name in names for i, group in enumerate(ORDER) if name in group)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(path: Path, *, for_types: bool = True) -> set[str]:
    """What a file imports; `for_types` tells whether imports under ``if TYPE_CHECKING:`` count."""
    found, tree = set(), ast.parse(path.read_text())
    skipped = (
        set() if for_types else {inner for node in ast.walk(tree) if is_type_checking(node) for inner in ast.walk(node)}
    )
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "myosig"}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


MODULES = sorted(p for p in SOURCE.rglob("*.py") if p.name != "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_one_way(path):
    module = module_name(path)
    for name in imports(path):
        if name.startswith("myosig."):
            target = name.removeprefix("myosig.")
            assert rank(target) <= rank(module), f"{module} imports {target}"
            for source, forbidden in FORBIDDEN:
                assert not (module.startswith(source) and target.startswith(forbidden)), f"{module} imports {target}"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_heavy_packages_stay_in_their_place(path):
    module = module_name(path)
    for name in imports(path, for_types=False):
        allowed = ONLY_IN.get(name.split(".")[0])
        assert allowed is None or module in allowed or module.split(".")[0] in allowed, f"{module} imports {name}"


def names_at_run_time(path: Path) -> set[str]:
    calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    return {
        argument.value
        for call in calls
        if getattr(call.func, "id", getattr(call.func, "attr", "")) == "import_module"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_only_conversion_methods_reach_up_at_run_time(path):
    """`Recording.to_mne()` and `Bursts.to_annotations()` are methods, and `io` lies above: the one way round."""
    allowed = {"recording": {"myosig.io.mne_bridge", "myosig.io.neo_bridge"}, "marks": {"myosig.io.marks"}}
    ours = {name for name in names_at_run_time(path) if name.startswith("myosig.")}
    assert ours == allowed.get(module_name(path), set())


def test_import_is_light():
    heavy = ("mne", "neo", "numba", "matplotlib", "pandas", "scipy")
    code = f"import sys, myosig; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_imported():
    for name in myosig.__all__:
        assert getattr(myosig, name) is not None


def test_every_dependency_has_its_reason():
    root = Path(__file__).parents[1]
    reasons = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    about = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    extras = [need for needs in about["project"]["optional-dependencies"].values() for need in needs]
    wanted = [*about["project"]["dependencies"], *extras, *about["build-system"]["requires"]]
    names = {re.split(r"[^\w-]", need)[0] for need in wanted} - {"myosig"}
    assert [name for name in sorted(names) if name not in reasons] == []
