"""The ways a run can stop: bad data, a bad spec, draws that did not converge."""


class DataError(ValueError):
    """A data file or table cannot be used; the message says where, what, what is allowed, what to do."""


class SpecError(ValueError):
    """A model spec cannot be used; the message names the file, the key and the nearest valid name."""


class ConvergenceError(RuntimeError):
    """Draws were asked for that the convergence gate refused."""
