"""Plaquette angles of U(1) fields."""

from jaxtyping import Array, Float

from latflow.fields.links import U1Links

AngleField = Float[Array, "axes *lattice"]


def plaquette_angles(
    space: U1Links, field: AngleField, mu: int, nu: int, dtype
) -> Float[Array, "*lattice"]:
    """theta_{mu nu} on all sites, not wrapped; displaced before it is converted, which moves less.

    theta_{mu nu}(x) = theta_mu(x) + theta_nu(x+mu) - theta_mu(x+nu) - theta_nu(x).
    """
    along, across = space.link(field, mu), space.link(field, nu)
    terms = (along, space.shift(across, mu), space.shift(along, nu), across)
    first, second, third, fourth = (term.astype(dtype) for term in terms)
    return first + second - third - fourth
