"""Every place in a file that we know to hold its author: one function a place, which writes the marker there.

`PLACES` is the whole list. A place is `clean` if judges get the file without the marker, `held` if it goes to the
organizer first. That the marker really stands in the file as it is sent is checked by the test.
"""

from tests.attacks.places.archives import ARCHIVES
from tests.attacks.places.media import MEDIA
from tests.attacks.places.office import OFFICE
from tests.attacks.places.pdf import PDF
from tests.attacks.places.pictures import PICTURES
from tests.attacks.places.place import MARK, MARK_ZH, Place
from tests.attacks.places.texts import TEXTS

__all__ = ["MARK", "MARK_ZH", "PLACES", "Place"]

PLACES = (*PICTURES, *PDF, *OFFICE, *MEDIA, *ARCHIVES, *TEXTS)
