"""Collect wheels, weights and documentation into folders from which unconnected machines install.

`offline-kit/` is for machines like this one (same system, processor and Python), and
`offline-kit-windows/` for 64-bit Windows: collected here, untried there.

Usage: python scripts/offline_kit.py [--only here|windows] [--windows-python 3.12]
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
TEMPLATES = REPOSITORY / "scripts" / "offline"
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE")
PROJECT = "napari-all-subtype"
EXTRA = "all"


def run(*command: str | Path) -> None:
    """Run a command with its output shown; stop the script where it fails."""
    subprocess.run([str(part) for part in command], check=True, cwd=REPOSITORY)


def pip(python: Path, *arguments: str | Path) -> None:
    """Run pip in the tools' own environment, so that a missing or old pip here does not matter."""
    run(python, "-m", "pip", "--disable-pip-version-check", *arguments)


def make_tools(folder: Path) -> Path:
    """Python of a small environment of its own, with a recent pip, hatchling and uv."""
    run(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    pip(python, "install", "-q", "-U", "pip", "hatchling", "uv")
    return python


def build_wheel(python: Path, folder: Path) -> Path:
    """Wheel of this project, with the model's weights in it."""
    run(python, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    return next(folder.glob("*.whl"))


def fresh_kit(folder: Path) -> Path:
    """The kit's folder for wheels, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    return wheels


def collect_here(python: Path, wheel: Path, kit: Path) -> None:
    """Fill the kit for machines like this one; what exists as source only is built here."""
    wheels = fresh_kit(kit)
    pip(python, "wheel", "-q", "--prefer-binary", "-w", wheels, f"{wheel}[{EXTRA}]", "pip")
    version = "{}.{}".format(*sys.version_info[:2])
    target = f"{platform.system()} {platform.machine()}, Python {version}"
    finish(kit, target, {"PYTHON_VERSION": version}, "install.sh")


def collect_windows(python: Path, wheel: Path, kit: Path, version: str) -> None:
    """Fill the kit for Windows; resolved for that system, since pip asks this one's markers."""
    wheels = fresh_kit(kit)
    shutil.copy2(wheel, wheels)
    pins = kit / "requirements.txt"
    asked = kit / "asked.in"
    own_version = wheel.name.split("-")[1]
    asked.write_text(f"{PROJECT}[{EXTRA}]=={own_version}\npip\n", encoding="utf-8")
    target = ("--python-platform", "x86_64-pc-windows-msvc", "--python-version", version)
    # The project's own wheel is in the kit already, hence --no-emit-package.
    resolve = (python.with_name("uv"), "pip", "compile", "-q", "--no-header", "--no-annotate",
               "--only-binary", ":all:", "--no-emit-package", PROJECT, *target,
               "--find-links", wheels, asked, "-o", pins)  # fmt: skip
    run(*resolve)
    abi = f"cp{version.replace('.', '')}"
    pip(python, "download", "-q", "--no-deps", "--only-binary", ":all:", "--platform", "win_amd64",
        "--python-version", version, "--implementation", "cp", "--abi", abi, "--abi", "abi3",
        "--abi", "none", "-d", wheels, "-r", pins)  # fmt: skip
    # Nothing of it runs here, but that the folder alone satisfies every requirement can be shown.
    run(*resolve, "--no-index", "--upgrade")
    pins.unlink()
    asked.unlink()
    finish(kit, f"Windows x86-64, Python {version}", {"PYTHON_VERSION": version}, "install.cmd")


def finish(kit: Path, target: str, values: dict[str, str], installer: str) -> None:
    """Add documents, installer, readme and checksums to a kit that holds its wheels."""
    documents = kit / "docs"
    shutil.copytree(REPOSITORY / "docs", documents)
    for name in DOCUMENTS:
        shutil.copy2(REPOSITORY / name, documents / name)
    values = {**values, "TARGET": target}
    for name in (installer, "README.txt"):
        source = TEMPLATES / (f"README-{installer}.txt" if name == "README.txt" else name)
        text = source.read_text(encoding="utf-8")
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        # cmd.exe misreads labels and blocks of files without carriage returns.
        ending = "\r\n" if installer.endswith(".cmd") else "\n"
        (kit / name).write_text(text, encoding="utf-8", newline=ending)
    (kit / installer).chmod(0o755)
    write_checksums(kit)
    files = [path for path in kit.rglob("*") if path.is_file()]
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    print(f"{kit.name}: {target}, {len(files)} files, {size_mb:.0f} MB")


def write_checksums(kit: Path) -> None:
    """SHA256SUMS of every wheel, in the form that `sha256sum -c` reads."""
    lines = []
    for path in sorted((kit / "wheels").glob("*.whl")):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{digest}  wheels/{path.name}\n")
    (kit / "SHA256SUMS").write_text("".join(lines), encoding="utf-8", newline="\n")


def main() -> None:
    """Collect the kits asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("here", "windows"), help="collect one kit only")
    parser.add_argument("--windows-python", default="3.12", help="Python of the Windows machines")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = make_tools(Path(folder) / "tools")
        wheel = build_wheel(python, Path(folder) / "dist")
        if arguments.only != "windows":
            collect_here(python, wheel, REPOSITORY / "offline-kit")
        if arguments.only != "here":
            kit = REPOSITORY / "offline-kit-windows"
            collect_windows(python, wheel, kit, arguments.windows_python)


if __name__ == "__main__":
    main()
