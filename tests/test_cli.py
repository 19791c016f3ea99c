"""The command line, from arguments to files and exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_all_subtype.cli import main
from napari_all_subtype.taxonomy import FAB5
from napari_all_subtype.workflow.export import FILES

pytestmark = pytest.mark.slow

PROBABILITIES = [f"p_{name}" for name in FAB5.names]


def run(*arguments):
    """Exit status of the command line run in this process."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


@pytest.fixture
def two_folders(tmp_path, smear_file):
    """Two smears whose fields have equal names."""
    for patient in ("p", "q"):
        (tmp_path / patient).mkdir()
        (tmp_path / patient / "field.png").write_bytes(smear_file.read_bytes())
    return tmp_path / "p", tmp_path / "q"


def test_analyse_leaves_the_stated_files(smear_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("analyse", smear_file, "--out", out, "--pixel-size", 0.13) == 0
    folder = out / smear_file.stem
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    cells = pd.read_csv(folder / "cells.csv")
    labels = tifffile.imread(folder / "labels.tif")
    assert len(cells) > 0
    assert sorted(cells["label"]) == sorted(set(np.unique(labels)) - {0})
    assert cells[[*PROBABILITIES, "confidence"]].notna().all().all()
    assert set(cells["subtype"]) <= {*FAB5.names, "unknown"}
    shown = capsys.readouterr().out
    assert shown.startswith("smear-1 (smear.png): ")
    assert shown.splitlines()[-1] == f"Results are in {out}"


def test_equal_stems_never_overwrite_each_other(two_folders, tmp_path):
    out = tmp_path / "out"
    assert run("analyse", *two_folders, "--out", out) == 0
    batch = json.loads((out / "batch.json").read_text())
    assert [image["folder"] for image in batch["images"]] == ["field", "field-2"]
    assert [image["smear"] for image in batch["images"]] == ["smear-1", "smear-2"]
    assert batch["state"] == "complete"
    assert {"field", "field-2"} <= {path.name for path in out.iterdir()}


def test_results_are_refused_unless_overwritten(smear_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("analyse", smear_file, "--out", out) == 0
    before = (out / "batch.json").read_bytes()
    assert run("analyse", smear_file, "--out", out) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (out / "batch.json").read_bytes() == before
    assert run("analyse", smear_file, "--out", out, "--overwrite") == 0


def test_one_bad_image_does_not_stop_the_others(smear_file, tmp_path, capsys):
    folder = tmp_path / "fields"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"")
    (folder / "b.png").write_bytes(smear_file.read_bytes())
    out = tmp_path / "out"
    assert run("analyse", folder, "--out", out) == 1
    errors = capsys.readouterr().err.strip().splitlines()
    assert [line for line in errors if "a.png" in line]
    assert (out / "b" / "cells.csv").is_file()
    assert not (out / "a").exists()
    batch = json.loads((out / "batch.json").read_text())
    assert [bool(image["error"]) for image in batch["images"]] == [True, False]


def empty(path):
    path.write_bytes(b"")


def truncated(path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    path.write_bytes(cv2.imencode(".png", noise)[1].tobytes()[:900])


def wrongly_named(path):
    path.write_text("this is no picture")


def grey(path):
    cv2.imwrite(str(path), np.full((64, 64), 128, np.uint8))


def fluorescence(path):
    picture = np.zeros((128, 128, 3), np.uint8)
    cv2.circle(picture, (64, 64), 12, (255, 40, 0), -1)
    cv2.imwrite(str(path), picture)


def one_pixel(path):
    cv2.imwrite(str(path), np.full((1, 1, 3), (200, 100, 50), np.uint8))


def missing(path):
    path.unlink(missing_ok=True)


def gigantic(path):
    """A PNG whose header claims 100,000 × 100,000 pixels."""
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    body = struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


BAD = [empty, truncated, wrongly_named, grey, fluorescence, one_pixel, missing, gigantic]


@pytest.mark.parametrize("spoil", BAD, ids=lambda f: f.__name__)
def test_bad_image_is_one_clear_line_and_leaves_nothing(spoil, tmp_path, capsys):
    image = tmp_path / "image.png"
    spoil(image)
    out = tmp_path / "out"
    assert run("analyse", image, "--out", out) == 2
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 1
    assert errors[0].startswith("error: ")
    assert "image.png" in errors[0]
    assert "Traceback" not in errors[0]
    assert str(tmp_path) not in errors[0]
    assert not out.exists()


@pytest.mark.parametrize("size", ["0", "-1", "nan", "inf", "50", "wide"])
def test_bad_pixel_size_is_refused_before_any_work(size, smear_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("analyse", smear_file, "--out", out, f"--pixel-size={size}") == 2
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 1
    said = f"--pixel-size {size}: expected 0.02 to 1 micrometres per pixel"
    assert said in errors[0]
    assert "red cells" in errors[0]
    assert "http" not in errors[0]
    assert not out.exists()


def test_pixel_size_beside_a_profile_is_refused_in_one_line(smear_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("analyse", smear_file, "--out", out, "--pixel-size=0.1", "--profile=100x") == 2
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 1
    assert "Leave out the other" in errors[0]
    assert "Value error" not in errors[0]
    assert not out.exists()


def test_unknown_model_names_the_known_ones(smear_file, tmp_path, capsys):
    assert run("analyse", smear_file, "--out", tmp_path / "out", "--model", "no-such") == 2
    error = capsys.readouterr().err
    assert "no-such" in error
    assert "bundled" in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["analyse", "classify"])
def test_unknown_profile_is_one_line_before_any_image(
    command, two_folders, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("NAPARI_ALL_SUBTYPE_CONFIG", str(tmp_path / "config"))
    assert run(command, *two_folders, "--out", tmp_path / "out", "--profile", "none") == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "'none'" in line
    assert "field.png" not in line
    assert not (tmp_path / "out").exists()


def test_folder_without_images_is_reported(tmp_path, capsys):
    assert run("analyse", tmp_path, "--out", tmp_path / "out") == 2
    assert "No image" in capsys.readouterr().err


def test_unwritable_output_is_reported(smear_file, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run("analyse", smear_file, "--out", tmp_path / "file") == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_full_disk_leaves_nothing_half_written(smear_file, tmp_path, capsys, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tifffile, "imwrite", full)
    out = tmp_path / "out"
    assert run("analyse", smear_file, "--out", out) == 2
    assert "disk is full" in capsys.readouterr().err
    assert not out.exists()


def test_image_without_white_cells_is_a_result(tmp_path, capsys):
    ground = np.random.default_rng(0).normal((214, 220, 236), 2, (300, 300, 3))
    cv2.imwrite(str(tmp_path / "empty.png"), ground.clip(0, 255).astype(np.uint8))
    assert run("analyse", tmp_path / "empty.png", "--out", tmp_path / "out") == 0
    assert pd.read_csv(tmp_path / "out" / "empty" / "cells.csv").empty
    assert "no white cell found: " in (out := capsys.readouterr().out)
    assert "or raise --sensitivity" in out


def test_classify_keeps_order_and_the_rows_of_failures(cell_files, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("no image")
    out = tmp_path / "cells.csv"
    images = [cell_files[1], bad, cell_files[0]]
    assert run("classify", *images, "--out", out, "--pixel-size", 0.13) == 1
    rows = pd.read_csv(out)
    assert rows["file"].tolist() == [image.name for image in images]
    assert rows[PROBABILITIES].notna().all(axis=1).tolist() == [True, False, True]
    assert rows["subtype"].isna().tolist() == [False, True, False]


def test_files_and_terminal_say_that_results_are_preliminary(
    smear_file, cell_files, tmp_path, capsys
):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    out = tmp_path / "cells.csv"
    assert run("classify", *cell_files, broken, "--out", out, "--pixel-size", 0.13) == 1
    n = len(cell_files)
    assert f"Preliminary: 0 of {n} cells were reviewed." in capsys.readouterr().out
    rows = pd.read_csv(out)
    assert rows["result"].tolist()[:n] == ["preliminary"] * n
    assert rows["reviewed"].astype(str).tolist()[:n] == ["False"] * n
    assert rows.loc[n, ["result", "reviewed"]].isna().all()
    assert run("analyse", smear_file, "--out", tmp_path / "out") == 0
    (smear,) = json.loads((tmp_path / "out" / "batch.json").read_text())["smears"]
    told = f"Preliminary: 0 of {smear['n_cells']} cells were reviewed."
    assert smear["result"]["text"] == told
    assert told in capsys.readouterr().out


def test_classify_says_whence_the_scale_came(cell_files, tmp_path, capsys):
    assert run("classify", *cell_files, "--out", tmp_path / "cells.csv") == 0
    assert "Scale of " in capsys.readouterr().out
    assert pd.read_csv(tmp_path / "cells.csv")["pixel_size_note"].notna().all()


def test_classify_warns_of_an_assumed_scale_in_one_line(cut_out_file, tmp_path, capsys):
    assert run("classify", cut_out_file, "--out", tmp_path / "cells.csv") == 0
    shown = capsys.readouterr()
    (line,) = (line for line in shown.err.splitlines() if "Scale assumed" in line)
    assert line.startswith("warning: Scale assumed in 1 picture: ")
    assert "Scale assumed" not in shown.out


def test_classify_tells_a_scale_that_the_model_has_not_seen(cut_out_file, tmp_path, capsys):
    out = tmp_path / "cells.csv"
    assert run("classify", cut_out_file, "--out", out, "--pixel-size", 0.4) == 0
    assert "(0.400 µm/px) is coarser than any the model learned from" in capsys.readouterr().out


def test_classify_accepts_a_cell_on_black_ground(cut_out_file, tmp_path):
    out = tmp_path / "cells.csv"
    assert run("classify", cut_out_file, "--out", out, "--pixel-size", 0.13) == 0
    assert pd.read_csv(out)[PROBABILITIES].sum(axis=1).tolist() == pytest.approx([1.0], abs=1e-4)


def test_info_shows_device_models_and_notice(capsys):
    assert run("info") == 0
    shown = capsys.readouterr().out
    for word in ("tensorflow", "device", "models", "Research Use Only"):
        assert word in shown


def test_debug_shows_the_whole_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        main(["analyse", str(tmp_path), "--out", str(tmp_path / "out"), "--debug"])


def test_every_parameter_is_an_option(capsys):
    with pytest.raises(SystemExit):
        main(["analyse", "--help"])
    shown = capsys.readouterr().out
    for option in ("--pixel-size", "--profile", "--model", "--blast-threshold", "--sensitivity"):
        assert option in shown


@pytest.mark.slow
def test_demo_runs_with_the_network_cut_off(tmp_path):
    if not can_unshare():
        pytest.skip("this system lets nobody cut a process off from the network (unshare -rn)")
    command = [
        "unshare",
        "-rn",
        sys.executable,
        "-m",
        "napari_all_subtype.cli",
        "demo",
        "--out",
        "demo",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "found again" in done.stdout
    assert Path(tmp_path, "demo", "synthetic-smear", "overlay.png").stat().st_size > 10_000


def can_unshare():
    if os.name != "posix":
        return False
    try:
        return subprocess.run(["unshare", "-rn", "true"], check=False).returncode == 0
    except FileNotFoundError:
        return False


def test_image_in_which_no_cell_is_found_is_unknown_and_warned_of(cell_files, tmp_path, capsys):
    white = tmp_path / "white.png"
    cv2.imwrite(str(white), np.full((200, 200, 3), (236, 240, 238), np.uint8))
    images = [cell_files[0], white]
    assert run("classify", *images, "--out", tmp_path / "cells.csv", "--pixel-size", 0.13) == 0
    rows = pd.read_csv(tmp_path / "cells.csv")
    assert rows["subtype"].tolist()[1] == "unknown"
    assert rows["cell_found"].tolist() == [True, False]
    assert rows[PROBABILITIES].notna().all().all()
    assert rows["confidence"].notna().tolist() == [True, False]
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert "1 of 2 images shows no cell (white.png): subtype unknown" in warnings[0]
