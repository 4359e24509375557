"""Web: the published files and the pages for people, as a starlette application.

The files in public/ are served as they are, with all of HTTP's conditional requests; pages are rendered on
the server from the archive, work without JavaScript, and ask nothing of any third party. Only `deciding` changes
anything, for a person whom `door` let in. `api` tells programs what the pages show.

Import rule: `model`, `errors`, `text`, `url`, the standard library, starlette, jinja2 and rapidfuzz. The archive comes
in as something that satisfies `reading.Reading`, the assembling of stories as a function; `application.create_app` gets
both. Only what published documents need is loaded with the room: they are served before the rest is there.
"""

from .conditional import Representation
from .documents import MEDIA_TYPES, Folder
from .published import Published, Reply, links_to

__all__ = ["MEDIA_TYPES", "Folder", "Published", "Reply", "Representation", "links_to"]
