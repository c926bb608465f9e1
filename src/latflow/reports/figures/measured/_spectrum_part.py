"""The power spectrum as a figure of a report."""

import math

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from latflow.reports.data import ChainReport, RunReport
from latflow.reports.figures._part import Drawing, FigurePart, finite_series, styles_of
from latflow.reports.figures.measured._correlator_part import curves_of
from latflow.reports.figures.measured._spectrum import power_spectrum, spectrum_of

# Configurations of a spectrum; more add nothing that the eye could see.
_MOST_CONFIGURATIONS = 4096


class SpectrumFigure(FigurePart):
    """Power of real fields in momentum space, of one or several components per site."""

    name = "spectrum"
    title = "Power spectrum"
    serves = ("stored configurations of real numbers on sites", "two_point")

    def draw(self, report: RunReport) -> Drawing | None:
        """Of all chains that stored configurations."""
        stored = {
            chain.name: fields
            for chain in report.chains
            if not chain.has_no_result and (fields := _on_sites(report, chain)) is not None
        }
        if not stored:
            return None
        spectra = {
            name: spectrum_of(fields, ndim=len(report.shape)) for name, fields in stored.items()
        }
        free = _free_field(report)
        used = ", ".join(f"{len(fields):,} of {name}" for name, fields in stored.items())
        rest = Markup(
            " The line is the free field with the pole mass and the zero-momentum value measured "
            "here; the ratio to it shows what the interaction does, and where samplers differ: "
            "in long (left) or short (right) waves."
        )
        caption = Markup(
            "Mean power of the stored configurations ({}) against k̂² = Σ 4 sin²(<i>k</i>/2).{} "
            "Errors take them as independent."
        ).format(used, rest if free is not None else "")
        return Drawing(power_spectrum(spectra, free, styles=styles_of(report)), caption)


def _on_sites(
    report: RunReport, chain: ChainReport
) -> Float[np.ndarray, "stored *components_and_lattice"] | None:
    """The stored fields, if they are finite real numbers on sites."""
    if set(chain.stored) != {"field"}:
        return None
    fields = chain.stored["field"][:_MOST_CONFIGURATIONS]
    usable = (
        fields.size > 0
        and fields.shape[fields.ndim - len(report.shape) :] == report.shape
        and np.issubdtype(fields.dtype, np.floating)
        and bool(np.isfinite(fields).all())
    )
    return fields if usable else None


def _free_field(report: RunReport) -> tuple[float, float] | None:
    """Pole mass and susceptibility from the chain that knows the mass best.

    The sum of C(t) over t is the spectrum at zero momentum.
    """
    candidates = []
    series = finite_series(report, "two_point")
    for name, one in curves_of(report).items():
        chi = float(series[name].sum(axis=-1, dtype=np.float64).mean())
        if one.fit is not None and one.fit.mass > 0 and math.isfinite(chi):
            candidates.append((one.fit.error, one.fit.mass, chi))
    if not candidates:
        return None
    _, mass, chi = min(candidates)
    return mass, chi
