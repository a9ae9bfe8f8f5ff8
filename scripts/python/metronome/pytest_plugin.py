# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for pytest: one ensemble for all tests, a save for each module, restored for each test.

In conftest.py:

    pytest_plugins = ["metronome.pytest_plugin"]

    @pytest.fixture(scope="session")
    def metronome_setup():
        def setup(e):
            e.add_node("a", kernel="Image", initrd="initramfs.cpio.gz")
            e.start()
            e.node("a").wait_line("login:", timeout="60s")
        return setup

A test then takes `ensemble`, which is as the setup has left it, whatever other tests did:

    def test_uname(ensemble):
        a = ensemble.node("a")
        a.send("uname -m\\n")
        assert a.wait_line("^aarch64")

A module may have a fixture `metronome_module_setup` of its own (scope="module"), which goes on from there; and
`metronome_options` (scope="session") gives the keywords of Ensemble. Of a test that fails report, consoles and a save
are kept in a folder below --metronome-dir (metronome-failures), which the test's report names.
"""
from __future__ import annotations

import os
import re
from typing import Any, Callable, Dict, Iterator

import pytest

from . import Ensemble, Error, Save

_SHOWN_LINES = 20
_BASE = "pytest-session"
_MODULE = "pytest-module"


def pytest_addoption(parser: Any) -> None:
    parser.getgroup("metronome").addoption(
        "--metronome-dir",
        default="metronome-failures",
        metavar="DIR",
        help="where report, consoles and a save of each test that fails are kept",
    )


@pytest.fixture(scope="session")
def metronome_options() -> Dict[str, Any]:
    """Keywords of the Ensemble; override it."""
    return {}


@pytest.fixture(scope="session")
def metronome_setup() -> Callable[[Ensemble], None]:
    """What makes the ensemble that all tests begin with; override it."""
    raise pytest.UsageError("a fixture 'metronome_setup' is missing: it returns a function that adds nodes and starts")


@pytest.fixture(scope="module")
def metronome_module_setup() -> Callable[[Ensemble], None]:
    """What a module's tests begin with, behind metronome_setup; override it in the module."""
    return lambda ensemble: None


@pytest.fixture(scope="session")
def metronome_session(
    metronome_options: Dict[str, Any], metronome_setup: Callable[[Ensemble], None]
) -> Iterator[Ensemble]:
    """The ensemble of all tests, with a save of what the setup has made."""
    with Ensemble(**metronome_options) as ensemble:
        metronome_setup(ensemble)
        ensemble.save(_BASE)
        yield ensemble


@pytest.fixture(scope="module")
def metronome_save(metronome_session: Ensemble, metronome_module_setup: Callable[[Ensemble], None]) -> Save:
    """The save that each test of the module begins with."""
    metronome_session.restore(_BASE)
    metronome_module_setup(metronome_session)
    return metronome_session.save(_MODULE)


@pytest.fixture
def ensemble(metronome_session: Ensemble, metronome_save: Save) -> Ensemble:
    """The ensemble, put back to the module's save; its consoles hold what comes from then on."""
    metronome_save.restore()
    for lines in metronome_session._core.consoles.values():
        lines.clear()
    return metronome_session


def _keep(ensemble: Ensemble, folder: str) -> str:
    """What is left of a test that failed, and what could not be had; says both."""
    os.makedirs(folder, exist_ok=True)
    said = [f"kept in {folder}"]
    for (node, port), lines in sorted(ensemble._core.consoles.items()):
        name = node if port == "0" else f"{node}.{port}"
        with open(os.path.join(folder, f"console-{name}.txt"), "w", encoding="utf-8") as file:
            file.writelines(f"[{line.virtual_ns / 1e9:.9f}s] {line.text}\n" for line in lines)
        said += [f"console of {name}:", *(f"  {line.text}" for line in list(lines)[-_SHOWN_LINES:])]
    for what, keep in (
        ("report", lambda: ensemble.report(os.path.join(folder, "report"))),
        ("save", lambda: ensemble.save("pytest-failure", file=os.path.join(folder, "save"))),
    ):
        try:
            keep()
        except Error as error:
            said.append(f"no {what}: {error}")
    return "\n".join(said)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    ensemble = getattr(item, "funcargs", {}).get("ensemble")
    if report.when != "call" or not report.failed or not isinstance(ensemble, Ensemble):
        return
    name = re.sub(r"[^\w.-]+", "_", item.nodeid).strip("_")
    folder = os.path.abspath(os.path.join(item.config.getoption("--metronome-dir"), name))
    report.sections.append(("metronome", _keep(ensemble, folder)))
