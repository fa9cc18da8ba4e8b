"""The book that every rule over a labeling request is written into."""

from __future__ import annotations

from typing import Final

from jobherald.submit.rulebook import Rulebook
from jobherald.submit.submission import Submission

BOOK: Final[Rulebook[Submission]] = Rulebook()
