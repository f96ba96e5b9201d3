"""Every public name says what it takes, what it gives, and shows it: the API page is made from these docstrings."""

import doctest
import importlib
import inspect
import re
from dataclasses import fields, is_dataclass
from types import FunctionType

import matplotlib
import pytest

import myosig as ms

matplotlib.use("Agg")

OBJECTS = {name: getattr(importlib.import_module(f"myosig.{home}"), name) for name, home in ms._MODULE_OF.items()}
FUNCTIONS = sorted(
    name for name, thing in OBJECTS.items() if inspect.isfunction(thing) or hasattr(thing, "__wrapped__")
)
CLASSES = sorted(name for name, thing in OBJECTS.items() if inspect.isclass(thing))
METHODS = {
    f"{name}.{method}": getattr(OBJECTS[name], method)
    for name in CLASSES
    for method, found in vars(OBJECTS[name]).items()
    if not method.startswith("_") and isinstance(found, classmethod | staticmethod | FunctionType)
}
WITHOUT_EXAMPLE = {"stream"}  # needs a stream of the laboratory's network
DRAWING = [name for name in FUNCTIONS if name.startswith("plot_")]


def section(thing, title):
    """The text of a numpydoc section; empty where there is none."""
    found = re.search(
        rf"^{title}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", inspect.getdoc(thing) or "", re.MULTILINE | re.DOTALL
    )
    return found.group(1) if found else ""


def named(text):
    """What a section names: the words before the colon of its unindented lines."""
    heads = [line.split(" : ")[0] for line in text.splitlines() if line and not line.startswith(" ")]
    return {name.strip() for head in heads for name in head.split(",")}


def test_nothing_public_is_left_out():
    assert set(ms.__all__) == set(OBJECTS)
    assert len(FUNCTIONS) + len(CLASSES) == len(OBJECTS) - 1  # and PATTERNS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_names_its_parameters_and_what_it_gives(name):
    signature = inspect.signature(OBJECTS[name])
    assert set(signature.parameters) == named(section(OBJECTS[name], "Parameters"))
    gives = signature.return_annotation not in (None, "None")
    assert bool(section(OBJECTS[name], "Returns") or section(OBJECTS[name], "Yields")) == gives


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_says_what_it_does_and_names_several_parameters(name):
    method = METHODS[name]
    assert inspect.getdoc(method)
    taken = set(inspect.signature(method).parameters) - {"self"}
    assert named(section(method, "Parameters")) == taken or len(taken) < 2


@pytest.mark.parametrize("name", [name for name in CLASSES if is_dataclass(OBJECTS[name])])
def test_a_type_names_its_fields(name):
    said = named(section(OBJECTS[name], "Attributes")) | named(section(OBJECTS[name], "Parameters"))
    assert {field.name for field in fields(OBJECTS[name]) if not field.name.startswith("_")} <= said


@pytest.mark.parametrize("name", sorted({*FUNCTIONS, *CLASSES} - WITHOUT_EXAMPLE))
def test_every_name_has_an_example_that_runs(name):
    thing = OBJECTS[name]
    if inspect.isclass(thing) and issubclass(thing, Exception | Warning):
        return
    module = inspect.getmodule(thing)
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner(verbose=False)
    (test,) = finder.find(thing, name, module=module)
    assert test.examples
    said = []
    runner.run(test, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("name", DRAWING)
def test_a_picture_draws_where_it_is_told_and_returns_the_axes(name):
    assert "ax" in inspect.signature(OBJECTS[name]).parameters
    assert named(section(OBJECTS[name], "Returns")) == {"Axes"}
