"""The API: what the pages show, as JSON, for programs. `operations` is the one place where it is described.

Import rule: that of `web`. Under /api/v1/ a field or a parameter may be added; none is taken away or
changes its meaning.
"""

from .endpoints import Api
from .operations import OPERATIONS, openapi

__all__ = ["OPERATIONS", "Api", "openapi"]
