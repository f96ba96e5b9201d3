"""What README and docs show is what is: code runs, output is real, commands are understood, settings are read."""

import re
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

import myosig as ms
from myosig.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^(?:Examples?:|Start with:|Then:|Correct marks:)?\s*((?:\.venv/bin/)?myosig \S.*?)(?:   .*)?$")


def blocks(language):
    """Every fenced block of that language, with the page it is on."""
    found = ((page, re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)) for page in PAGES)
    return [pytest.param(text, id=f"{page.name}-{k}") for page, texts in found for k, text in enumerate(texts)]


def commands():
    """Every command line of the pages and of the help, once."""
    helps = [command.help or "" for command in (main, *main.commands.values())]
    fenced = [text for page in PAGES for text in re.findall(r"^```\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)]
    lines = (line.strip() for text in (*helps, *fenced) for line in text.splitlines())
    typed = {found[1].removeprefix(".venv/bin/") for line in lines if (found := COMMAND.match(line))}
    return sorted(line for line in typed if line.split()[1] in main.commands)


def without_numbers(text):
    return re.sub(r"\d+(\.\d+)?(e-\d+)?", "#", " ".join(text.split()))


@pytest.fixture(scope="module")
def readme():
    """What README's Python defines, and what it prints."""
    (code,) = (parameter.values[0] for parameter in blocks("python") if parameter.id.startswith("README"))
    names, printed = {}, StringIO()
    with redirect_stdout(printed):
        exec(code.replace('result.save("results/")', ""), names)
    return names, printed.getvalue()


def test_the_output_in_the_readme_is_real(readme):
    """Numbers apart: their last digits depend on the versions of numpy and scipy."""
    shown = re.search(r"^prints .*?^```\n(.*?)^```", PAGES[0].read_text("utf-8"), re.M | re.S)[1]
    said = without_numbers(readme[1])
    pieces = [without_numbers(piece) for line in re.split(r"\n(?!    )", shown) for piece in line.split("...")]
    assert [piece for piece in pieces if piece not in said] == []


@pytest.mark.parametrize("code", [p for p in blocks("python") if not p.id.startswith("README")])
def test_code_of_the_pages_runs(code, readme, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    recording = readme[0]["rec"].crop(0, 60)
    ms.write_edf(recording, "patient.edf")
    exec(code, {"ms": ms, "recording": recording, "jerks": readme[0]["jerks"]})


@pytest.mark.parametrize("text", blocks("toml"))
def test_what_a_clinician_can_add_is_read(text, tmp_path):
    (tmp_path / "clinic.toml").write_text(text, encoding="utf-8")
    context = ms.read_context(tmp_path / "clinic.toml")
    keys = re.findall(r"^(\w+) =", text, re.M)
    assert all(getattr(context, key) is not None for key in keys)


@pytest.mark.parametrize("line", commands())
def test_commands_are_understood(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, *arguments = shlex.split(line)[1:]
    for given in (Path(word) for word in arguments if not word.startswith(("-", "/"))):
        folder = given.parent if given.suffix else given
        folder.mkdir(parents=True, exist_ok=True)
        if given.suffix:
            given.touch()
    main.commands[name].make_context(name, arguments)
