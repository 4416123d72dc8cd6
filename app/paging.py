"""Pages of a list, newest first (keyset pagination)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, request
from sqlalchemy import Select, SQLColumnExpression

from app.database import LARGEST_ID, db


@dataclass(frozen=True)
class Page:
    """One page of rows; if there are `more`, `?before=` with the last row's id selects them."""

    rows: Sequence[Any]
    more: bool


def paginate(query: Select[Any], key: SQLColumnExpression[int]) -> Page:
    """Return one page of `query`, newest first, selected by the `before` query parameter.

    Keyset pagination: the page starts below a key instead of at an offset, and nothing is
    counted, so the cost does not grow with the number of rows. Raises 404 if the page does not
    exist.
    """
    size = current_app.config["PAGE_SIZE"]
    before = request.args.get("before")
    if before is not None:
        if not re.fullmatch("[0-9]{1,10}", before) or int(before) > LARGEST_ID:
            abort(404)
        query = query.where(key < int(before))
    found = db.session.scalars(query.order_by(key.desc()).limit(size + 1)).all()
    if before is not None and not found:
        abort(404)
    return Page(found[:size], more=len(found) > size)
