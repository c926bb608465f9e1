"""The samplers' own random numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.random import threefry_2x32
from scipy import stats

from latflow import fast_random as random

KEY = jax.random.key(11)
COUNT = 400001


def test_threefry_is_that_of_jax():
    data, counter = jax.random.key_data(KEY), jnp.arange(100, dtype=jnp.uint32)
    second = jnp.full(100, 7, jnp.uint32)
    x, y = random.threefry((data[0], data[1]), (counter, second))
    expected = threefry_2x32(data, jnp.concatenate([counter, second]))
    np.testing.assert_array_equal(jnp.concatenate([x, y]), expected)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_distributions(dtype):
    """Kolmogorov-Smirnov at p > 1e-4, and neighbours uncorrelated, fixed key."""
    uniform, second = random.uniform_and_exponential(KEY, (COUNT,), dtype)
    for sample, law in (
        (random.normal(KEY, (COUNT,), dtype), "norm"),
        (random.uniform(KEY, (COUNT,), dtype), "uniform"),
        (random.exponential(KEY, (COUNT,), dtype), "expon"),
        (uniform, "uniform"),
        (second, "expon"),
    ):
        assert sample.dtype == dtype
        assert stats.kstest(np.asarray(sample, float), law).pvalue > 1e-4
        flat = np.asarray(sample, float)
        for lag in (1, 2, COUNT // 4, COUNT // 2, COUNT // 2 + 1):
            pairs = np.corrcoef(flat[lag:], flat[:-lag])[0, 1]
            assert abs(pairs) < 4 / np.sqrt(COUNT - lag)
            squares = np.corrcoef(flat[lag:] ** 2, flat[:-lag] ** 2)[0, 1]
            assert abs(squares) < 4 / np.sqrt(COUNT - lag)
    assert abs(np.corrcoef(np.asarray(uniform, float), np.asarray(second, float))[0, 1]) < 0.007


def test_normal_tails():
    normal = np.asarray(random.normal(KEY, (4_000_000,), jnp.float32), float)
    for cut in (3.0, 4.0):
        expected = 2 * stats.norm.sf(cut) * normal.size
        assert abs(np.sum(np.abs(normal) > cut) - expected) < 4 * np.sqrt(expected)
    fourth = (normal**4).mean()
    assert abs(fourth - 3) < 4 * np.sqrt(96 / normal.size)


@pytest.mark.parametrize(("dtype", "tolerance"), [(jnp.float32, 3e-7), (jnp.float64, 2e-15)])
def test_sine_and_cosine(dtype, tolerance):
    special = [0, 2**29, 2**30, 2**31, 3 * 2**30, 2**32 - 1, 2**29 - 1, 5 * 2**29]
    words = np.random.default_rng(0).integers(0, 2**32, 10000, dtype=np.uint32)
    words = np.concatenate([np.array(special, np.uint32), words])
    sine, cosine = random._sine_cosine(jnp.asarray(words), dtype)
    angle = 2 * np.pi * words / 2**32
    np.testing.assert_allclose(sine, np.sin(angle), atol=tolerance)
    np.testing.assert_allclose(cosine, np.cos(angle), atol=tolerance)


@pytest.mark.parametrize("shape", [(), (1,), (2,), (3,), (4, 5), (63,), (64,), (65,)])
def test_any_shape_and_no_number_twice(shape):
    for draw in (random.normal, random.uniform, random.exponential):
        numbers = np.asarray(draw(KEY, shape, jnp.float64))
        assert numbers.shape == shape
        assert np.isfinite(numbers).all()
        assert len(np.unique(numbers)) == numbers.size


def test_batches_and_single_draws_agree():
    keys = jax.random.split(KEY, 5)
    batch = jax.vmap(lambda key: random.normal(key, (3, 4), jnp.float64))(keys)
    single = jnp.stack([random.normal(key, (3, 4), jnp.float64) for key in keys])
    np.testing.assert_allclose(batch, single, rtol=1e-14)


def test_split_keys_are_new():
    keys = random.split(KEY, 4)
    words = np.stack([np.asarray(jax.random.key_data(key)) for key in (KEY, *keys)])
    assert len(np.unique(words, axis=0)) == 5
    assert keys[0].dtype == KEY.dtype
