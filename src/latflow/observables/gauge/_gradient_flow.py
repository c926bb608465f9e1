"""The gradient flow of SU(N) fields: smoothing that the continuum limit allows for."""

from functools import partial

from jaxtyping import Array, Complex

from latflow.fields.links import SULinks, plaquette_gradient
from latflow.loops import loop

MatrixField = Complex[Array, "n n axes *lattice"]


def wilson_flow(
    space: SULinks, field: MatrixField, flow_time: float, step: float = 0.1
) -> MatrixField:
    """The field at a flow time t along dV/dt = Z(V) V, smoothed over sqrt(8 t) lattice spacings.

    Luscher, JHEP 08 (2010) 071, arXiv:1006.4518: Z_a = 2 d_a sum of Re tr P, the steepest descent
    of Wilson's action, in the units of the continuum's flow; by his Runge-Kutta scheme of third
    order (appendix C), which stays in the group.

    Args:
        space: of the field.
        field: any SU(N) field.
        flow_time: t >= 0 in lattice units.
        step: the longest step; they are equal. Up to about 0.15 the scheme is stable.

    Raises:
        ValueError: a negative time or a step that is not positive.
    """
    if flow_time < 0 or step <= 0:
        raise ValueError(f"a flow needs a time >= 0 and steps > 0, got {flow_time} and {step}")
    # The quotient of two decimal numbers is not exact.
    count = -int(-(flow_time / step - 1e-9) // 1)
    if count < 1:
        return field
    one = partial(_step, space, flow_time / count)
    return loop(one, field, None, length=count)[0]


def _step(space, step, field, _):
    def slope(field):
        return 2 * step * plaquette_gradient(field)

    first = slope(field)
    field = space.move(field, first / 4)
    second = (8 / 9) * slope(field) - (17 / 36) * first
    field = space.move(field, second)
    field = space.move(field, (3 / 4) * slope(field) - second)
    return space.project(field), None
