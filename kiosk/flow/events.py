"""Everything that can happen: touches by their meaning, news from workers, ticks. One place to find them.

Events that belong to a visitor carry `session`; those of an ended session are dropped by `kiosk.flow.step`.
"""

from __future__ import annotations

from kiosk.flow.card_events import *  # noqa: F403 all of it, and no list to keep by hand
from kiosk.flow.news import *  # noqa: F403
from kiosk.flow.news import News
from kiosk.flow.touches import *  # noqa: F403
from kiosk.flow.touches import Touch

Event = Touch | News
