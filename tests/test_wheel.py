"""The built wheel, alone in an empty virtual environment."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.e2e.small_model import FILES, configure, lines

ROOT = Path(__file__).resolve().parents[1]

IMPORT_ALL = """
from importlib import import_module
from pkgutil import walk_packages

for package in ("detectors", "monitor"):
    top = import_module(package)
    print(top.__file__)
    for found in walk_packages(top.__path__, f"{package}."):
        if found.name != "monitor.__main__":
            print(import_module(found.name).__file__)
"""


def run(command: list[object], folder: Path) -> str:
    """Run a command in a folder, without anything of this environment; return what it says."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    texts = list(map(str, command))
    done = subprocess.run(
        texts, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    run(build, folder)
    (built,) = folder.iterdir()
    return built


def modules() -> set[str]:
    """The files of both packages, relative to where these lie."""
    files = [
        path for package in ("monitor", "detectors") for path in (ROOT / package).rglob("*.py")
    ]
    return {str(path.relative_to(ROOT)) for path in files}


def test_the_wheel_holds_the_code_of_both_packages_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    described = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    assert set(names) - described == modules()
    assert {name.split("/", 1)[1] for name in described} == {
        "METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE",
    }  # fmt: skip


def test_the_wheel_works_where_nothing_else_is_installed(wheel, tmp_path):
    environment = tmp_path / "environment"
    run([sys.executable, "-m", "venv", environment], tmp_path)
    python, driftd = environment / "bin" / "python", environment / "bin" / "driftd"
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel], tmp_path)

    version = wheel.name.split("-")[1]
    assert run([driftd, "--version"], tmp_path) == f"driftd {version}\n"

    imported = set(run([python, "-c", IMPORT_ALL], tmp_path).splitlines())
    (installed,) = environment.glob("lib/python3*/site-packages")
    assert imported == {str(installed / name) for name in modules() - {"monitor/__main__.py"}}

    config = configure(tmp_path / "driftd.yaml", FILES, "t")
    (tmp_path / "log").mkdir()
    (tmp_path / "data.jsonl").write_bytes(b"\n".join(lines(500, seed=1)))
    run([driftd, "reference", "build", "-c", config, "m", "data.jsonl"], tmp_path)
    told = json.loads(run([driftd, "check", "-c", config, "--json"], tmp_path))
    assert (told["file"], told["problems"]) == (str(config), [])
    assert list(told["models"]) == ["m"]
