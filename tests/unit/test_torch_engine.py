"""Components of the Torch engine: digits, carriers, tests of carriers, and limits."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.arithmetic import INT16_WEIGHT_LIMIT, INT32_LIMIT, tdiv
from integrad.engines.torch import arithmetic as torch_arithmetic
from integrad.engines.torch import probe as torch_probe
from integrad.engines.torch.arithmetic import VARIABLE, Arithmetic
from integrad.engines.torch.carriers import (
    CUDA_GRANULE,
    CUDA_LEAST_ROWS,
    INT8_TERMS,
    Float32,
    Float64,
    Int8,
)
from integrad.engines.torch.digits import DIGIT_LIMIT, Bounded, combine, digit_count, split
from integrad.engines.torch.engine import TorchEngine
from integrad.engines.torch.groups import products
from integrad.errors import IntegradError
from integrad.network.network import Network
from integrad.training.specification import parse_spec

torch.set_num_threads(1)
CPU = torch.device("cpu")
CARRIERS = [Int8(), Int8(CUDA_GRANULE, CUDA_LEAST_ROWS), Float32(), Float64()]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    """What was found out about the device, before and after something was broken on purpose."""
    monkeypatch.delenv(VARIABLE, raising=False)
    for cache in (torch_probe.exact_carriers, torch_probe.int8_gain):
        cache.cache_clear()
    yield
    for cache in (torch_probe.exact_carriers, torch_probe.int8_gain):
        cache.cache_clear()


def integers(shape, bound, rng):
    """int64, drawn from all magnitudes, the ends among them."""
    values = rng.integers(-bound, bound, shape, np.int64, endpoint=True) >> rng.integers(0, 40, shape)
    values.flat[:3] = [bound, -bound, bound // 2][: values.size]
    return values


def test_two_digits_hold_exactly_the_widest_weight():
    assert digit_count(127) == 1 and digit_count(128) == 2
    assert digit_count(INT16_WEIGHT_LIMIT) == 2 and digit_count(INT16_WEIGHT_LIMIT + 1) == 3
    assert digit_count(INT32_LIMIT) == 5  # one more than its bytes: all digits are signed


@given(st.integers(1, 2**62), st.integers(0, 99))
def test_digits_add_up_to_the_value(bound, seed):
    values = integers((3, 4), bound, np.random.default_rng(seed))
    operand = Bounded(torch.tensor(values), bound)
    if bound < 2**52:
        operand = Bounded(operand.values.double(), bound)
    digits = split(operand).view(-1, 3, 4)
    assert digits.dtype == torch.int8 and len(digits) == digit_count(bound)
    assert (sum(digit.numpy().astype(object) << 8 * i for i, digit in enumerate(digits)) == values).all()


@settings(max_examples=100)
@given(
    st.sampled_from(CARRIERS),
    st.tuples(*[st.integers(1, 40)] * 3),
    st.integers(1, 2**34),
    st.sampled_from([127, 159, INT16_WEIGHT_LIMIT, 2**25]),
    st.integers(0, 9),
)
def test_products_are_exact_up_to_64_bits(carrier, shape, bound, other, seed):
    n, k, m = shape
    rng = np.random.default_rng(seed)
    bound = min(bound, 2**62 // (k * other))
    a, b = integers((n, k), bound, rng), integers((m, k), other, rng)
    found = carrier.product(Bounded(torch.tensor(a), bound), Bounded(torch.tensor(b), other))
    wanted = a.astype(object) @ b.T.astype(object)
    assert found.bound >= np.abs(wanted).max()
    if found.bound >= 2**53:
        assert found.values.dtype == torch.int64
    assert (found.values.to(torch.int64).numpy() == wanted).all()


@pytest.mark.parametrize("bound", [159, 2**30, 2**43])
def test_products_of_groups_are_exact_with_and_without_digits(bound):
    """Three products of 9 summands, the widest beyond what float64 adds up."""
    rng = np.random.default_rng(bound)
    a, b = integers((3, 2, 9), bound, rng), integers((3, 4, 9), 127, rng)
    a[2], b[2] = bound, 127
    found = products(Arithmetic(CPU), Bounded(torch.tensor(a), bound), Bounded(torch.tensor(b), 127))
    wanted = np.concatenate([x.astype(object) @ y.T.astype(object) for x, y in zip(a, b, strict=True)])
    assert found.values.shape == (6, 4) and found.bound >= np.abs(wanted).max()
    assert (found.values.to(torch.int64).numpy() == wanted).all()


def test_a_carrier_declines_sums_that_it_may_not_hold():
    assert Int8().digits(127, 127, 131_071) and Int8().digits(127, 127, 131_072) is None
    assert Float32().digits(159, 127, 830) == (1, 1)
    assert Float32().digits(159, 127, 831) == (2, 1)
    assert Float32().digits(159, 127, 1024) is None
    assert Float64().digits(2**30, 127, 2**15) == (1, 1)
    assert Float64().digits(2**40, 127, 2**15) == (6, 1)


def test_sums_of_products_leave_float64_in_time():
    odd, one = 2**53 - 1, torch.ones(1, dtype=torch.float64)
    total = Bounded(one * odd, odd).plus(Bounded(one.clone(), 1)).plus(Bounded(one.clone(), 1))
    assert total.bound == total.values.item() == 2**53 + 1


def test_what_64_bits_do_not_hold_is_refused():
    with pytest.raises(OverflowError, match="64 bits"):
        combine(torch.zeros(1, 1), (1, 1, 1, 1), 1, 2**63)


@given(st.integers(1, 2**62), st.integers(1, 2**33), st.integers(0, 9))
def test_tdiv(bound, divisor, seed):
    values = integers(40, bound, np.random.default_rng(seed))
    values[3:20] = tdiv(values[3:20], divisor) * divisor
    operand = torch.tensor(values) if bound >= 2**53 else torch.tensor(values).double()
    found = Arithmetic(CPU).tdiv(Bounded(operand, bound), divisor)
    assert (found.values.to(torch.int64).numpy() == tdiv(values, divisor)).all()
    assert found.bound == bound // divisor


def saturating(a, b):
    """What vpmaddubsw does: products of an unsigned and a signed byte, added in pairs, saturated at 2^15."""
    a, b = a.to(torch.int64), b.to(torch.int64)
    pairs = (a + 128)[:, :, None] * b[None]  # with operands made unsigned, which is undone below
    pairs = torch.nn.functional.pad(pairs, (0, 0, 0, pairs.shape[1] % 2))
    summed = (pairs[:, 0::2] + pairs[:, 1::2]).clamp(-(2**15), 2**15 - 1).sum(1)
    return (summed - 128 * b.sum(0)).to(torch.int32)


def missing(a, b):
    raise RuntimeError("_int_mm: not compiled with cuBLAS")


@pytest.mark.parametrize(
    "wrong",
    [
        saturating,
        missing,
        lambda a, b: (a.int() @ b.int()).clamp(-(2**24), 2**24),
        lambda a, b: a.int() @ b.int() + (a.shape[1] > 2000),
    ],
)
def test_a_wrong_int8_product_is_not_offered(wrong, monkeypatch):
    assert "int8" in [carrier.name for carrier in torch_probe.exact_carriers(CPU)]
    torch_probe.exact_carriers.cache_clear()
    monkeypatch.setattr(torch, "_int_mm", wrong)
    assert [carrier.name for carrier in torch_probe.exact_carriers(CPU)] == ["float32", "float64"]
    monkeypatch.setenv(VARIABLE, "int8")
    with pytest.raises(IntegradError, match="INTEGRAD_CARRIER=int8: torch on cpu does not"):
        Arithmetic(CPU)


@pytest.mark.parametrize("bits", [8, 11])
def test_float32_that_rounds_its_operands_is_noticed(bits):
    class Rounding(Float32):
        def multiply(self, a, b):
            def rounded(x):
                mantissa, exponent = torch.frexp(x)
                return torch.ldexp(torch.round(mantissa * 2**bits) / 2**bits, exponent)

            return super().multiply(rounded(a), rounded(b))

    assert torch_probe.is_exact(Float32(), CPU)
    assert not torch_probe.is_exact(Rounding(), CPU)


def test_division_by_a_rounded_reciprocal_is_noticed(monkeypatch):
    def divide(a, b, rounding_mode, **more):
        return torch.trunc(a * (1 / b))

    assert torch_probe.divides_exactly(CPU)
    monkeypatch.setattr(torch, "div", divide)
    with pytest.raises(IntegradError, match="quotients"):
        torch_probe.exact_carriers(CPU)


def test_padding_is_what_cuda_asks_for(monkeypatch):
    """torch._int_mm on CUDA: more than 16 rows, multiples of 8, both operands with summands innermost."""
    multiply, seen = torch._int_mm, []

    def strict(a, b):
        seen.append(a.shape)
        assert a.shape[0] > 16 and a.shape[1] % 8 == 0 and b.shape[1] % 8 == 0
        assert a.is_contiguous() and b.T.is_contiguous()
        return multiply(a, b)

    monkeypatch.setattr(torch, "_int_mm", strict)
    assert torch_probe.is_exact(Int8(CUDA_GRANULE, CUDA_LEAST_ROWS), CPU)
    assert len(seen) > 10


@pytest.mark.parametrize(("gain", "chosen"), [(3.9, "float64"), (4.0, "int8")])
def test_int8_is_taken_where_it_pays(gain, chosen, monkeypatch):
    monkeypatch.setattr(torch_arithmetic, "int8_gain", lambda device: gain)
    arithmetic = Arithmetic(CPU)
    weights = (INT16_WEIGHT_LIMIT, 127)  # two digits and one
    assert arithmetic.carrier(*weights, (64, 1024, 64)).name == chosen
    assert arithmetic.carrier(*weights, (63, 1024, 64)).name == "float64"
    assert arithmetic.carrier(127, 127, (63, 1024, 64)).name == "float32"


def test_a_bad_carrier_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "int4")
    with pytest.raises(IntegradError, match="INTEGRAD_CARRIER=int4: expected int8, float32, float64"):
        Arithmetic(CPU)


@pytest.mark.parametrize("device", ["cuda:99", "gpu", "meta"])
def test_a_bad_device_is_refused(device):
    with pytest.raises(IntegradError, match=f"device '{device}'"):
        TorchEngine(make_network(), device)


def make_network():
    network = Network((6,), 3, parse_spec("mlp:4", (6,)))
    network.initialise(np.random.default_rng(0))
    return network


def test_weights_come_home_with_fetch_and_leave_with_load():
    network = make_network()
    engine = TorchEngine(network, "cpu")
    x = np.full((2, 6), 90, np.int8)
    before = engine.logits(x)
    network.blocks[0].weights[...] = 0
    assert (engine.logits(x) == before).all(), "the engine has its own copy"
    engine.fetch()
    assert network.blocks[0].weights.any() and (network.logits(x) == before).all()
    for block in (*network.blocks, network.output):
        block.weights = np.full_like(block.weights, 9000)  # another array, as initialise() makes
    engine.load()
    assert (engine.logits(x) == network.logits(x)).all() and (engine.logits(x) != before).any()


def test_batches_may_be_read_only_or_flipped(recwarn):
    network = make_network()
    x = np.random.default_rng(1).integers(-127, 128, (2, 6)).astype(np.int8)
    x.flags.writeable = False
    for batch in (x, x[:, ::-1]):
        assert (TorchEngine(network, "cpu").logits(batch) == network.logits(batch)).all()
    assert not recwarn.list


def test_weights_beyond_the_limit_that_proofs_rest_on_are_refused():
    network = make_network()
    network.output.weights[1, 2] = -32640
    with pytest.raises(IntegradError, match=r"weights output\.weights: beyond the limit 32639"):
        TorchEngine(network, "cpu")


def test_threads_are_torchs():
    engine = TorchEngine(make_network(), "cpu", threads=1)
    assert engine.name == "torch" and torch.get_num_threads() == 1


def test_without_torch_the_way_to_it_is_named():
    program = "import sys; sys.modules['torch'] = None\n"
    program += "from integrad.engines.torch.engine import TorchEngine"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "the torch engine requires PyTorch: pip install 'integrad[torch]'" in result.stderr


def test_sums_of_digits_fit_32_bits_up_to_the_border():
    assert INT8_TERMS * DIGIT_LIMIT**2 <= INT32_LIMIT < (INT8_TERMS + 1) * DIGIT_LIMIT**2
