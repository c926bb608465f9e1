"""Block updating: independence Metropolis that redraws one block of the prior at a time."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key
from pydantic import Field as PydanticField

from latflow import fast_random as random
from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.kernels import Info, Kernel, KernelSettings, Start
from latflow.models import Model, Proposer, with_density
from latflow.precision import dtype_of
from latflow.sampling._independence import FAR_FROM_TARGET
from latflow.sampling.latent._blocks import block_corners, block_shape
from latflow.sampling.latent._latent_state import LatentState, decided, pulled_back, pushed_forward
from latflow.theories import Theory


class BlockUpdating(Kernel):
    r"""Redraw the prior's variables block by block; accept each with min(1, w'/w).

    Komijani and Marinkovic, arXiv:2301.01504, section 4.2. With the prior's density r and the
    flow F, a field x = F(z) with density e^-S(x) / Z has latent variables with density

        pi(z) = e^-S(F(z)) |det dF/dz| / Z = w(z) r(z) / Z,   w = e^-S / q,  q = r / |det dF/dz|.

    Take a prior that is a product over sites, r(z) = r_B(z_B) r_R(z_R) for a block B and the
    rest R. An update of B proposes z' = (z'_B, z_R) with z'_B from r_B, whatever z_B was. Then
    Metropolis and Hastings accept with the smaller of one and

        pi(z') r_B(z_B)     w(z') r_B(z'_B) r_R(z_R) r_B(z_B)     w(z')
        ---------------- =  --------------------------------- =  -----.
        pi(z) r_B(z'_B)     w(z) r_B(z_B) r_R(z_R) r_B(z'_B)      w(z)

    The density r_R of the untouched blocks is the same above and below since their variables
    are, and r_B cancels against the proposal since the prior is a product: were it not, the
    proposal would have to be the conditional density of z_B given z_R. Every block's update
    leaves pi invariant, so their sweep does. It is ergodic: all blocks redrawn and accepted
    have a positive density everywhere. With a single block it is independence Metropolis.

    Fewer variables redrawn make smaller steps in log w, with variance about sigma^2 / blocks,
    which are accepted far more often where the weights of whole configurations vary much: the toy
    model of Komijani and Marinkovic, arXiv:2301.01504, section 4.1, says exactly how much. The
    price is a flow evaluation per block.

    Args:
        theory: the target.
        model: prior and flow; the prior must be a product over sites.
        block_shape: extents of a block; they divide those of the lattice.

    Raises:
        ConfigError: the prior is not a product.
        ValueError: the blocks do not fill the lattice.
    """

    theory: Theory
    model: Model
    block_shape: tuple[int, ...] = eqx.field(static=True)

    def __check_init__(self):
        self.model.prior.require_product()
        shape = self.theory.space.lattice.shape
        if len(shape) != len(self.block_shape) or any(
            extent % size for extent, size in zip(shape, self.block_shape, strict=True)
        ):
            raise ValueError(f"blocks of {self.block_shape} do not fill a lattice of {shape}")

    @property
    def corners(self) -> Int[Array, "blocks axes"]:
        """First site of every block, in the order in which they are redrawn."""
        return jnp.asarray(block_corners(self.theory.space.lattice.shape, self.block_shape))

    def init(self, key: Key[Array, ""], field: Field) -> LatentState:
        """Latent variables and log weight of a given field, through the flow's inverse."""
        return pulled_back(self.theory, self.model, field)

    def start(self, key: Key[Array, ""], start: Start, dtype) -> LatentState:
        """As for any kernel; ``"prior"`` is a draw of the model."""
        if start == "prior":
            latent = self.model.prior.sample(key, dtype_of(self.model.precision))
            return pushed_forward(self.theory, self.model, latent)
        return super().start(key, start, dtype)

    def field(self, state: LatentState) -> Field:
        """The field, not the latent variables."""
        return state.field

    def step(self, key: Key[Array, ""], state: LatentState) -> tuple[LatentState, Info]:
        """Every block redrawn once, in turn: as many evaluations of the flow as blocks.

        Info: ``acceptance`` and ``accepted``, means over the blocks; ``log_weight`` of the
        state that the sweep ends in.
        """

        def one_block(state, block):
            key, corner = block
            return self.update(key, corner, state)

        corners = self.corners
        # A loop, so that the compiled flow is there once, however many blocks there are.
        keys = jax.random.split(key, corners.shape[0])
        state, infos = jax.lax.scan(one_block, state, (keys, corners))
        means = {name: jnp.mean(infos[name]) for name in ("acceptance", "accepted")}
        return state, {**means, "log_weight": state.log_weight}

    def update(
        self, key: Key[Array, ""], corner: Int[Array, " axes"], state: LatentState
    ) -> tuple[LatentState, Info]:
        """One block redrawn, all others kept. Info as of independence Metropolis: of the proposal.

        Args:
            corner: first site of the block.
            state: where the chain is.
        """
        key_proposal, key_accept = random.split(key, 2)
        prior, dtype = self.model.prior, jnp.finfo(jax.tree.leaves(state.latent)[0].dtype).dtype
        drawn = prior.sample_block(key_proposal, self.block_shape, dtype)
        latent = jax.tree.map(
            lambda old, new: jax.lax.dynamic_update_slice(old, new, list(corner)),
            state.latent,
            drawn,
        )
        proposal = pushed_forward(self.theory, self.model, latent)
        return decided(key_accept, proposal, state)


class BlockUpdatingSettings(KernelSettings):
    """Block updating: the prior's variables are redrawn block by block, each with accept/reject."""

    label: ClassVar[str] = "block updating"
    needs_model: ClassVar[bool] = True
    draws_its_own: ClassVar[bool] = True
    lowest_acceptance: ClassVar[float] = 0.2
    remedy: ClassVar[str] = f"{FAR_FROM_TARGET}, or use more blocks"

    kernel: Literal["block-updating"] = "block-updating"
    blocks: int = PydanticField(
        4,
        ge=1,
        le=10**6,
        description="equal blocks of the lattice; a divisor of its volume. A transition redraws "
        "each once, with one evaluation of the flow per block; 1 is independence Metropolis",
    )

    def build_kernel(
        self, theory: Theory, model: Proposer | None = None, chains_per_batch: int = 1
    ) -> BlockUpdating:
        """The kernel.

        Raises:
            ConfigError: there is no model, its prior is not a product over sites, or the
                lattice cannot be cut evenly into so many blocks.
        """
        if model is None:
            raise ConfigError(
                "kernel",
                '"block-updating" needs a model to propose from: add [model] and [training], '
                'or choose another kernel such as "hmc"',
            )
        model = with_density(model, self.kernel)
        return BlockUpdating(theory, model, block_shape(theory.space.lattice.shape, self.blocks))
