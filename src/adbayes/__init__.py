"""A published dupilumab study as hierarchical Bayesian models, beside its printed numbers.

The public names are in ``__init__.pyi``, in the order of the path from data to report; each is
imported when first used (SPEC 1), because importing the samplers takes seconds.
"""

import lazy_loader

from adbayes.version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
