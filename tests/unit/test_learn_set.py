"""Learn sets."""

import pytest

from integrad.errors import UsageError
from integrad.network.learn_set import LearnSet

# text → (what learns of three blocks, whether the output layer does)
SETS = {
    "none": ([], False),
    "output": ([], True),
    "last:1": ([2], True),
    "last:2": ([1, 2], True),
    "last:3": ([0, 1, 2], True),
    "last:9999": ([0, 1, 2], True),
    "all": ([0, 1, 2], True),
}


@pytest.mark.parametrize("text", SETS)
def test_sets(text):
    learn = LearnSet.parse(text, 3)
    assert ([i for i in range(3) if learn.block_learns(i)], learn.output_learns) == SETS[text]
    assert learn.name == text


@pytest.mark.parametrize("text", SETS)
def test_a_network_without_blocks(text):
    learn = LearnSet.parse(text, 0)
    assert learn.first_block == 0 and learn.output_learns == SETS[text][1]


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (2, "learn 'last:9': the network has 2 blocks; the largest is last:2"),
        (1, "learn 'last:9': the network has 1 block; the largest is last:1"),
        (0, "learn 'last:9': the network has no blocks; use output"),
    ],
)
def test_more_blocks_than_there_are(blocks, message):
    for text in ("none", "output", "all", *([f"last:{blocks}"] if blocks else [])):
        LearnSet.require(text, blocks)
    with pytest.raises(UsageError) as caught:
        LearnSet.require("last:9", blocks)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "All",
        "last",
        "last:",
        "last:0",
        "last:-1",
        "last:01",
        "last:1.5",
        "last:10000",
        "last:1 ",
        "last:٣",
        "head",
    ],
)
def test_others_are_refused(text):
    with pytest.raises(UsageError, match="expected none, output, last:K"):
        LearnSet.parse(text, 3)
