"""What the user of the command line reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from clipasso_engine.commands import advice
from clipasso_engine.contract.errors import UserError


@contextmanager
def refused(pattern: str) -> Iterator[pytest.ExceptionInfo[UserError]]:
    """The block raises a `UserError` whose sentence, with the advice of the command line, matches ``pattern``."""
    with pytest.raises(UserError) as caught:
        yield caught
    sentence = advice.told(caught.value)
    assert re.search(pattern, sentence), sentence
