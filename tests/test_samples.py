"""Samples: pinned, checked by hash, mirrored, and one clear sentence when offline."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from napari_all_subtype import samples
from napari_all_subtype.errors import DownloadError
from napari_all_subtype.samples import MIRROR_VARIABLE, SAMPLES, fetch_sample


@pytest.fixture
def hello(monkeypatch: pytest.MonkeyPatch) -> samples.Sample:
    """The first sample, with a content that a test can write."""
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    sample = dataclasses.replace(SAMPLES[0], sha256=digest)
    monkeypatch.setattr(samples, "SAMPLES", (sample, *SAMPLES[1:]))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    return sample


def test_every_sample_is_pinned_to_a_commit_and_a_hash() -> None:
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES) == 6
    for sample in SAMPLES:
        assert len(sample.url.split("/")[5]) == 40
        assert int(sample.sha256, 16) > 0
        assert len(sample.sha256) == 64


@pytest.mark.parametrize("by_variable", [True, False])
def test_mirror_folder_is_copied(
    hello: samples.Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "BloodImage_00000.jpg").write_bytes(b"hello")
    if by_variable:
        monkeypatch.setenv(MIRROR_VARIABLE, str(mirror))
    found = fetch_sample(hello.name, None if by_variable else str(mirror), tmp_path / "cache")
    assert found.read_bytes() == b"hello"
    assert [path.name for path in found.parent.iterdir()] == ["bccd-00000.jpg"]


def test_cached_file_needs_neither_network_nor_mirror(
    hello: samples.Sample, tmp_path: Path
) -> None:
    cached = tmp_path / "samples" / hello.file_name
    cached.parent.mkdir()
    cached.write_bytes(b"hello")
    assert fetch_sample(hello.name, str(tmp_path / "nowhere"), tmp_path) == cached


def test_other_content_is_refused_and_not_kept(hello: samples.Sample, tmp_path: Path) -> None:
    (tmp_path / "BloodImage_00000.jpg").write_bytes(b"jello")
    with pytest.raises(DownloadError, match="not the original"):
        fetch_sample(hello.name, str(tmp_path), tmp_path / "cache")
    assert list((tmp_path / "cache" / "samples").iterdir()) == []


def test_mirror_without_the_file_names_it(hello: samples.Sample, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"holds no BloodImage_00000\.jpg"):
        fetch_sample(hello.name, str(tmp_path), tmp_path / "cache")


def test_mirror_url_is_asked(hello: samples.Sample, tmp_path: Path) -> None:
    import functools
    import http.server
    import threading

    served = tmp_path / "served"
    served.mkdir()
    (served / "BloodImage_00000.jpg").write_bytes(b"hello")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = http.server.HTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(served))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        assert fetch_sample(hello.name, url, tmp_path / "cache").read_bytes() == b"hello"
        with pytest.raises(DownloadError, match="could not be downloaded"):
            fetch_sample(SAMPLES[1].name, url, tmp_path / "cache")
    finally:
        server.shutdown()
        server.server_close()


def test_offline_is_one_sentence(hello: samples.Sample, tmp_path: Path) -> None:
    with pytest.raises(
        DownloadError, match=f"connect to the network, or set {MIRROR_VARIABLE}"
    ) as e:
        fetch_sample(hello.name, "http://127.0.0.1:9", tmp_path)
    assert e.value.__suppress_context__
    assert "\n" not in str(e.value)


def test_unknown_sample_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="expected one of bccd-00000"):
        fetch_sample("lena", None, tmp_path)


def test_import_loads_no_pooch() -> None:
    code = "import sys, napari_all_subtype.samples as s; sys.exit('pooch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_bccd_hashes_are_those_of_the_copies(shared_data: Path, tmp_path: Path) -> None:
    for sample in SAMPLES[:3]:
        assert fetch_sample(sample.name, str(shared_data / "bccd"), tmp_path).is_file()
