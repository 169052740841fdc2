"""What `export` and `info` say about the weight store."""

import json

from digits import run

KEYS = ("slots", "slot_bytes", "erases_per_save", "saves", "ram_bytes", "code_bytes")


def costs(*words):
    """(the costs, what was printed)."""
    done = run(*words, "--json", "-")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    return [found[f"store_{key}"] for key in KEYS], " ".join(done.stderr.split())


def test_the_costs_of_the_store(toys):
    about = ("info", toys["mlp"])
    found, text = costs(*about, "--learn", "all", "--part", "nrf52840")
    assert found == [2, 4096, 1, 20_000, 64, 2744]
    assert "2 slots of 4,096 bytes of flash; a save erases 1 block of 4,096 bytes; 20,000 saves" in text
    assert "a buffer of 64 bytes of RAM, 2,744 bytes of code" in text
    found, text = costs(*about, "--learn", "all", "--store", "3,256,128")
    size = found[1]
    assert found == [3, size, size // 256, None, 128, None] and size % 256 == 0
    assert "3 saves for each cycle" in text
    found, text = costs(*about, "--learn", "all")
    assert found[:1] + found[2:] == [None] * 5 and size - 512 < found[1] < size
    assert "lasts for slots x cycles saves" in text


def test_no_store_where_nothing_learns(toys, tmp_path):
    assert costs("info", toys["mlp"], "--learn", "none")[0] == [None] * 6
    for words in (["info", toys["mlp"]], ["export", toys["mlp"], "--out", tmp_path / "out"]):
        done = run(*words, "--store", "2,4096,4")
        assert done.exit_code == 2 and "--store 2,4096,4 requires layers that learn" in done.stderr


def test_an_export_says_the_same(toys, tmp_path):
    learns = ("--learn", "output", "--store", "4,256,8,10")
    found, printed = costs("export", toys["mlp"], "--out", tmp_path, *learns)
    assert found == costs("info", toys["mlp"], *learns)[0]
    assert found[3] == 40 and "40 saves until a block was erased 10 times" in printed
    least, _ = costs("info", toys["mlp"], "--learn", "output")
    assert f"A slot takes {least[1]:,} bytes" in (tmp_path / "mlp_store.h").read_text()


def test_not_for_micropython(toys, tmp_path):
    words = ["--target", "micropython", "--learn", "all", "--arch", "none", "--out", tmp_path]
    done = run("export", toys["mlp"], *words, "--store", "2,4096,4")
    assert done.exit_code == 2 and "its saves are files" in done.stderr
