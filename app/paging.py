"""Pages of a list, newest first (keyset pagination)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, request
from sqlalchemy import Select, SQLColumnExpression

from app.database import ROW_ID, db


@dataclass(frozen=True)
class Page:
    """One page of rows, and whether there are `older` and `newer` ones.

    `?before=` with the last row's id selects the older rows, `?after=` with the first row's id the
    newer ones.
    """

    rows: Sequence[Any]
    older: bool
    newer: bool = False


def paginate(query: Select[Any], key: SQLColumnExpression[int]) -> Page:
    """Return one page of `query`, newest first, selected by `before` or `after` in the URL.

    Keyset pagination: the page starts at a key instead of at an offset, and nothing is counted, so
    the cost does not grow with the number of rows. Raises 404 if the page does not exist.
    """
    size = current_app.config["PAGE_SIZE"]
    before = request.args.get("before", type=row_key)
    after = request.args.get("after", type=row_key)
    if after is not None:
        found = db.session.scalars(query.where(key > after).order_by(key).limit(size + 1)).all()
        if len(found) > size:
            return Page(found[:size][::-1], older=True, newer=True)
        # At most one page of newer rows is left: show the newest page, so that it is full.
    elif before is not None:
        query = query.where(key < before)
    found = db.session.scalars(query.order_by(key.desc()).limit(size + 1)).all()
    if before is not None and not found:
        abort(404)
    return Page(found[:size], older=len(found) > size, newer=before is not None)


def row_key(sent: str) -> int:
    """Return the key in a query parameter; raises 404 if it cannot be one."""
    if not re.fullmatch(ROW_ID, sent):
        abort(404)
    return int(sent)
