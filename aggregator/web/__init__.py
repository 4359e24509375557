"""Web: the published files and the pages for people, as a starlette application.

The files in public/ are served as they are, with all of HTTP's conditional requests; pages are rendered on
the server from the archive, work without JavaScript, and ask nothing of any third party. Only `deciding` changes
anything, for a person whom `door` let in. `api` tells programs what the pages show.

Import rule: `model`, `errors`, `text`, `url`, the standard library, starlette, jinja2 and rapidfuzz. The archive comes
in as something that satisfies `Reading`, the assembling of stories as a function; `create_app` gets both.
"""

from .application import create_app
from .callback import Receiver
from .conditional import Representation
from .documents import MEDIA_TYPES
from .protocol import protocol
from .published import Published
from .reading import Reading

__all__ = [
    "MEDIA_TYPES",
    "Published",
    "Reading",
    "Receiver",
    "Representation",
    "create_app",
    "protocol",
]
