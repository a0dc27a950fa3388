"""Dictionary sites to tables and clips: metadata first, videos on demand, politely, from where it was stopped.

A site is a small class whose parsers are pure functions of a page's text (`Site`); fetching is Scrapy's.
"""

from chereme.collect.page import Entry, Page, Step, Visit, clean
from chereme.collect.site import SITES, Site, find_site

__all__ = ["SITES", "Entry", "Page", "Site", "Step", "Visit", "clean", "find_site"]
