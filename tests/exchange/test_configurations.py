"""NERSC and ILDG files: read what an independent writer made, write what reads back bit by bit."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latflow.errors import ForeignFileError, LatflowError
from latflow.exchange.gauge import (
    read_configuration,
    read_ildg,
    read_nersc,
    write_ildg,
    write_nersc,
)
from latflow.fields.links import SULinks, planes
from latflow.fields.links import plaquette as plaquettes
from latflow.lattice import Lattice

from . import independent as by_hand

FIELD = by_hand.random_field()


@pytest.fixture
def saved(tmp_path):
    """Write bytes to a file of their own."""

    def save(content):
        path = tmp_path / "configuration"
        path.write_bytes(content)
        return path

    return save


@pytest.mark.parametrize("code", [">d", "<d", ">f", "<f"])
@pytest.mark.parametrize("rows", [3, 2])
def test_nersc_files_of_another_writer(saved, code, rows):
    field = by_hand.rounded(FIELD) if code[1] == "f" else FIELD
    read = read_nersc(saved(by_hand.nersc_file(field, code, rows)))
    tolerance = 1e-6 if code[1] == "f" else 1e-13
    assert read.precision == ("single" if code[1] == "f" else "double")
    assert read.shape == by_hand.SHAPE
    wanted = by_hand.links_of(field)
    np.testing.assert_array_equal(read.links[:2], wanted[:2])
    np.testing.assert_allclose(read.links, wanted, atol=tolerance)
    assert read.plaquette == pytest.approx(by_hand.plaquette(field), abs=tolerance)
    assert read.link_trace == pytest.approx(by_hand.link_trace(field), abs=tolerance)


@pytest.mark.parametrize("code", [">d", ">f"])
@pytest.mark.parametrize("n", [2, 3, 4])
def test_ildg_files_of_another_writer(saved, code, n):
    field = by_hand.random_field(n=n)
    field = by_hand.rounded(field) if code[1] == "f" else field
    read = read_ildg(saved(by_hand.ildg_file(field, code)))
    np.testing.assert_array_equal(read.links, by_hand.links_of(field, n))
    assert read.plaquette == pytest.approx(by_hand.plaquette(field), abs=1e-13)
    assert read.facts["checksum"].endswith("verified")
    assert read.facts["lfn"] == "lfn://test/one"


def test_the_arrays_are_those_of_link_fields(saved):
    """latflow's own plaquettes of what was read."""
    read = read_configuration(saved(by_hand.nersc_file(FIELD)))
    space = SULinks(Lattice(by_hand.SHAPE), 3)
    field = jax.numpy.asarray(read.links)
    space.check(field)
    means = [
        np.mean(space.real_trace(plaquettes(space, field, mu, nu))) for mu, nu in planes(space)
    ]
    assert np.mean(means) == pytest.approx(by_hand.plaquette(FIELD), abs=1e-13)


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("rows", [3, 2])
def test_nersc_round_trip(tmp_path, order, precision, rows):
    first, second = tmp_path / "first", tmp_path / "second"
    write_nersc(first, by_hand.links_of(FIELD), rows=rows, byte_order=order, precision=precision)
    read = read_configuration(first)
    write_nersc(second, read.links, rows=rows, byte_order=order)
    again = read_configuration(second)
    np.testing.assert_array_equal(again.links, read.links)
    assert data_of(second) == data_of(first)
    # The data are those of the independent writer.
    field = by_hand.rounded(FIELD) if precision == "single" else FIELD
    code = (">" if order == "big" else "<") + ("f" if precision == "single" else "d")
    assert data_of(first) == b"".join(by_hand.site_bytes(field, code, rows))


def data_of(path):
    return path.read_bytes().split(b"END_HEADER\n", 1)[1]


@pytest.mark.parametrize("precision", ["single", "double"])
def test_ildg_round_trip(tmp_path, precision):
    first, second = tmp_path / "one.ildg", tmp_path / "folder" / "one.ildg"
    second.parent.mkdir()
    write_ildg(first, by_hand.links_of(FIELD), precision=precision, number=12)
    read = read_configuration(first)
    assert "verified" in read.facts["checksum"] and "verified" in read.facts["plaquette"]
    write_ildg(second, read.links, number=12)
    assert second.read_bytes() == first.read_bytes()
    field = by_hand.rounded(FIELD) if precision == "single" else FIELD
    code = ">f" if precision == "single" else ">d"
    assert b"".join(by_hand.site_bytes(field, code)) in first.read_bytes()
    a, b = by_hand.scidac_checksum(field, code)
    assert f"<suma>{a:x}</suma><sumb>{b:x}</sumb>".encode() in first.read_bytes()


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"CHECKSUM": "1"}, "checksum"),
        ({"CHECKSUM": "xyz"}, "CHECKSUM"),
        ({"CHECKSUM": None}, "no CHECKSUM"),
        ({"PLAQUETTE ": "0.9"}, "plaquette"),
        ({"PLAQUETTE ": "nan"}, "PLAQUETTE"),
        ({"PLAQUETTE": "0.5"}, "twice"),
        ({"LINK_TRACE": "0.9"}, "link trace"),
        ({"DIMENSION_1": "3"}, "asks for"),
        ({"DIMENSION_4": "-4"}, "DIMENSION_4"),
        ({"DIMENSION_4": "9" * 5000}, "DIMENSION_4"),
        ({"DIMENSION_4": "999999999"}, "asks for"),
        ({"DATATYPE": "4D_U1_GAUGE\x1b[2J"}, "DATATYPE"),
        ({"FLOATING_POINT": "IEEE16"}, "FLOATING_POINT"),
        # The other byte order: the words, and with them their sum, are others.
        ({"FLOATING_POINT": "IEEE64LITTLE"}, "checksum"),
    ],
)
def test_nersc_files_that_lie(saved, changes, words):
    with pytest.raises(ForeignFileError, match=words) as caught:
        read_configuration(saved(by_hand.nersc_file(FIELD, **changes)))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500


def test_one_flipped_bit_and_cut_files(saved):
    for whole, rare in ((by_hand.nersc_file(FIELD), 97), (by_hand.ildg_file(FIELD), 211)):
        flipped = bytearray(whole)
        flipped[-600 - 8 * rare] ^= 4
        with pytest.raises(ForeignFileError):
            read_configuration(saved(bytes(flipped)))
        for length in range(8, len(whole) - 16, len(whole) // 40):
            with pytest.raises(ForeignFileError):
                read_configuration(saved(whole[:length]))


BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<ildgFormat><field>&b;</field></ildgFormat>"
)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"sums": (1, 2)}, "checksum"),
        ({"scidac_checksum": b"<scidacChecksum><suma>1</suma></scidacChecksum>"}, "sumb"),
        ({"xlf_info": b"plaquette = 0.9"}, "plaquette"),
        ({"ildg_format": by_hand.ildg_format(bits=32)}, "asks for"),
        ({"ildg_format": by_hand.ildg_format(bits=16)}, "precision"),
        ({"ildg_format": by_hand.ildg_format(n=4)}, "asks for"),
        ({"ildg_format": by_hand.ildg_format(field="u1")}, "su3gauge"),
        ({"ildg_format": by_hand.ildg_format(shape=(2, 3, 0, 4))}, "lz"),
        ({"ildg_format": BOMB}, "DOCTYPE"),
        ({"ildg_format": b"<ildgFormat"}, "not XML"),
        ({"ildg_format": b"<a>" * 30000}, "of text"),
        ({"ildg_format": None}, "0 records ildg-format"),
        ({"ildg_binary_data": None}, "0 records ildg-binary-data"),
    ],
)
def test_ildg_files_that_lie(saved, changes, words):
    with pytest.raises(ForeignFileError, match=words):
        read_configuration(saved(by_hand.ildg_file(FIELD, **changes)))


def test_a_record_longer_than_the_file(saved):
    whole = bytearray(by_hand.lime_record("ildg-format", b"x"))
    whole[8:16] = b"\xff" * 8
    with pytest.raises(ForeignFileError, match="cut off"):
        read_configuration(saved(bytes(whole)))


def test_files_without_what_is_optional(saved):
    read = read_ildg(saved(by_hand.ildg_file(FIELD, scidac_checksum=None, ildg_data_lfn=None)))
    assert read.facts["checksum"] == "none in the file"
    assert read.plaquette == pytest.approx(by_hand.plaquette(FIELD), abs=1e-13)


def test_links_that_are_not_finite(saved):
    field = dict(FIELD)
    field[0, 0, 0, 0, 0] = np.full((3, 3), np.nan)
    with pytest.raises(ForeignFileError, match="not finite"):
        read_configuration(saved(by_hand.ildg_file(field)))


@pytest.mark.parametrize("write", [write_nersc, write_ildg])
def test_what_is_no_configuration_is_not_written(tmp_path, write):
    path = tmp_path / "no"
    for links in (
        2 * by_hand.links_of(FIELD),
        by_hand.links_of(FIELD)[..., 0],
        by_hand.links_of(FIELD) * np.nan,
    ):
        with pytest.raises(ForeignFileError, match="not written"):
            write(path, links)
    assert not path.exists()
    with pytest.raises(ForeignFileError, match="ILDG"):
        write_nersc(path, by_hand.links_of(by_hand.random_field(n=2), 2))


def test_unknown_and_absent_files(saved, tmp_path):
    with pytest.raises(ForeignFileError, match="known format"):
        read_configuration(saved(b"\x80\x04pickle"))
    with pytest.raises(ForeignFileError, match="cannot be read"):
        read_configuration(tmp_path / "absent")
    with pytest.raises(ForeignFileError, match="cannot be read"):
        read_configuration(tmp_path)


@settings(max_examples=150, deadline=None, database=None)
@given(st.data())
def test_damaged_headers_end_in_one_line(tmp_path_factory, data):
    """Whatever is done to the headers, the file is read or refused, in one line."""
    whole = bytearray(data.draw(st.sampled_from([NERSC, ILDG])))
    for _ in range(data.draw(st.integers(1, 4))):
        # Most of the time within the headers, where the meaning is.
        place = data.draw(st.integers(0, 900))
        whole[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    path = tmp_path_factory.mktemp("fuzz") / "file"
    path.write_bytes(bytes(whole))
    try:
        read_configuration(path)
    except LatflowError as error:
        assert "\n" not in str(error)


NERSC, ILDG = by_hand.nersc_file(FIELD), by_hand.ildg_file(FIELD)
