"""network.toml: the same network as the short notation, and errors that name file and key."""

import pytest

import integrad.training.network_toml
from integrad.errors import IntegradError
from integrad.training.specification import load_spec, parse_spec

CNN = """
[[layer]]
type = "max_pool"
size = 2
[[layer]]
type = "conv"
channels = 8
kernel = 5
stride = 2
[[layer]]
type = "dropout"
percent = 10
[[layer]]
type = "dense"
units = 48
"""


@pytest.fixture
def toml(tmp_path):
    def write(text):
        path = tmp_path / "network.toml"
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 1, 64)])
def test_equals_the_short_notation(toml, shape):
    assert parse_spec(toml(CNN), shape) == parse_spec("cnn:p2,c8k5s2,x10,d48", shape)


def test_settings_hold_for_all_layers_unless_a_layer_says_otherwise(toml):
    text = 'alpha_inv = 8\nhead_features = 64\n[[layer]]\ntype = "conv"\nchannels = 2\nhead_pool = "avg"\n'
    text += 'padding = 0\n[[layer]]\ntype = "conv"\nchannels = 3\nalpha_inv = 5\nhead_features = 32\n'
    first, second = parse_spec(toml(text), (1, 9, 9))
    assert (first["alpha_inv"], first["head_features"], first["head_pool"]) == (8, 64, "avg")
    assert (second["alpha_inv"], second["head_features"], second["head_pool"]) == (5, 32, "max")
    assert (first["padding"], second["padding"]) == ([0, 0], [1, 1])


def test_groups(toml):
    text = '[[layer]]\ntype = "conv"\nchannels = 6\ngroups = {}\n'
    assert parse_spec(toml(text.format(3)), (3, 8, 8))[0]["groups"] == 3
    assert "groups" not in parse_spec(toml(text.format(1)), (3, 8, 8))[0]


def test_learning_settings(toml):
    text = '[learning]\nbatch_size = 8\ndecay_inv = 0\naugment_crop = 2\naugment_by = "batch"\n'
    spec = load_spec(toml(text), (4,))
    assert spec.learning == {"batch_size": 8, "decay_inv": 0, "augment_crop": 2, "augment_by": "batch"}
    assert spec.layers == []


def test_the_documented_example_works(toml):
    text = integrad.training.network_toml.__doc__.split("\n\n", 1)[1].rsplit("\n\n", 1)[0]
    example = "\n".join(line[4:] for line in text.splitlines())
    spec = load_spec(toml(example), (1, 32, 32))
    assert [layer["type"] for layer in spec.layers] == ["max_pool", "conv", "dense", "dropout"]
    assert spec.learning["learning_rate_inv"] == 128


@pytest.mark.parametrize(
    "text, words",
    [
        ("layer = [", "is not TOML"),
        ("speed = 3", "unknown key 'speed'; known keys: alpha_inv"),
        ("alpha_inv = 6", "alpha_inv must be one of 3, 4"),
        ("head_features = 0", "head_features must be"),
        ("layer = 3", "[[layer]] tables"),
        ('[[layer]]\ntype = "lstm"', "layer 1: type must be one of max_pool"),
        ("[[layer]]\nunits = 3", "layer 1: type must be one of"),
        ('[[layer]]\ntype = "dense"', "layer 1 (dense): units must be"),
        ('[[layer]]\ntype = "dense"\nunits = 0', "units must be"),
        ('[[layer]]\ntype = "dense"\nunits = 70000', "units must be at most"),
        ('[[layer]]\ntype = "dense"\nunits = 3.5', "units must be"),
        ('[[layer]]\ntype = "dense"\nunits = true', "units must be"),
        ('[[layer]]\ntype = "dense"\nunits = 3\nchannels = 3', "layer 1 (dense): unknown key 'channels'"),
        ('[[layer]]\ntype = "conv"\nchannels = 3\nkernel = 4', "same padding is impossible"),
        ('[[layer]]\ntype = "conv"\nchannels = 3\nkernel = [3, 3, 3]', "kernel must be a number or"),
        ('[[layer]]\ntype = "conv"\nchannels = 3\nkernel = [3, "x"]', "kernel must be integers"),
        ('[[layer]]\ntype = "conv"\nchannels = 3\nstride = 3', "stride must be 1 or 2"),
        ('[[layer]]\ntype = "conv"\nchannels = 3\nhead_pool = 7', "head_pool must be"),
        ('[[layer]]\ntype = "conv"\nchannels = 3\ngroups = 0', "groups must be an integer of at least 1"),
        (
            '[[layer]]\ntype = "conv"\nchannels = 9\ngroups = 3',
            "layer 1 (conv) does not fit: groups of 3 must divide both 1 input channels and 9 channels",
        ),
        ('[[layer]]\ntype = "dropout"\npercent = 7', "percent must be 5, 10"),
        ('[[layer]]\ntype = "max_pool"', "size must be a number"),
        ('[[layer]]\ntype = "max_pool"\nsize = 9', "layer 1 (max_pool) does not fit: a max-pool of 9x9"),
        ("[learning]\nmomentum = 9", "[learning]: unknown key 'momentum'"),
        (
            "[learning]\nbatch_size = 0",
            "[learning]: batch_size must be an integer from 1 to 2,147,483,647, not 0",
        ),
        (
            "[learning]\nlearning_rate_inv = 16777216",
            "learning_rate_inv must be an integer from 1 to 16,777,215",
        ),
        (
            "[learning]\nhead_decay_inv = 2147483648",
            "head_decay_inv must be an integer from 0 to 2,147,483,647",
        ),
        ("[learning]\naugment_crop = -1", "[learning]: augment_crop must be an integer from 0 to"),
        ("[learning]\naugment_flip = 2", "[learning]: augment_flip must be an integer from 0 to 1, not 2"),
        ("[learning]\naugment_flip = true", "augment_flip must be an integer from 0 to 1, not True"),
        ('[learning]\naugment_by = "all"', "[learning]: augment_by must be batch or sample, not 'all'"),
        ("[learning]\naugment_by = 3", "[learning]: augment_by must be batch or sample, not 3"),
        ("learning = 3", "[learning] table"),
        ("a." * 20000 + "a = 1", "a line has more than 100 dots"),
        (("a" + ".a" * 100 + " = 1\n") * 201, "has more than 20,000 dots"),
    ],
)
def test_mistake_names_file_and_key(toml, text, words):
    path = toml(text)
    with pytest.raises(IntegradError) as caught:
        parse_spec(path, (1, 8, 8))
    assert str(caught.value).startswith(path)
    assert words in str(caught.value)


def test_missing_binary_and_oversized_files(tmp_path):
    with pytest.raises(IntegradError, match=r"none\.toml: cannot be read: No such file"):
        parse_spec(str(tmp_path / "none.toml"), (4,))
    with pytest.raises(IntegradError, match="is a folder"):
        (tmp_path / "folder.toml").mkdir()
        parse_spec(str(tmp_path / "folder.toml"), (4,))
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(IntegradError, match="is not TOML"):
        parse_spec(str(tmp_path / "binary.toml"), (4,))
    (tmp_path / "endless.toml").symlink_to("/dev/zero")
    with pytest.raises(IntegradError, match="is a device, not a regular file"):
        parse_spec(str(tmp_path / "endless.toml"), (4,))
    (tmp_path / "big.toml").write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(IntegradError, match="larger than"):
        parse_spec(str(tmp_path / "big.toml"), (4,))
    (tmp_path / "deep.toml").write_text("alpha_inv = " + "[" * 100_000)
    with pytest.raises(IntegradError, match="is not TOML"):
        parse_spec(str(tmp_path / "deep.toml"), (4,))
