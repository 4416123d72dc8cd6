"""Lists, newest first, a page at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import abort, current_app, request
from sqlalchemy import Select, SQLColumnExpression

from app.models import LARGEST_ID, db

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list, and whether there are more; `?before=` the last one's id gives them."""

    rows: Sequence[Row]
    more: bool


def page_of(rows: Select[Row], key: SQLColumnExpression[int]) -> Page[Row]:
    """Give the page that `?before=` asks for; a page that is not there is a 404.

    A page begins below a key and not after a number of rows, and nothing is counted: whatever
    the length of the list, the database reads the rows of one page and one more.
    """
    size = current_app.config["PAGE_SIZE"]
    before = request.args.get("before")
    if before is not None:
        if not re.fullmatch("[0-9]{1,10}", before) or int(before) > LARGEST_ID:
            abort(404)
        rows = rows.where(key < int(before))
    found = db.session.scalars(rows.order_by(key.desc()).limit(size + 1)).all()
    if before is not None and not found:
        abort(404)
    return Page(found[:size], more=len(found) > size)
