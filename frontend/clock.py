"""What time it is where the reader is: their browser says its zone in a cookie, without which it is UTC's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest

COOKIE = "safelens_zone"


def zone_of(request: HttpRequest) -> tzinfo:
    name = request.COOKIES.get(COOKIE, "")
    if not name or len(name) > 64 or not name.isascii():
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def day_start(text: str, zone: tzinfo, days: int = 0) -> datetime | None:
    """The first moment of a day such as `2026-11-21` there, or of one some days later; None for no date."""
    try:
        day = date.fromisoformat(text.strip()) + timedelta(days=days)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def age(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """How a list calls the time at which something happened: Today, Yesterday, … or its month."""
    day, today = moment.astimezone(zone).date(), now.astimezone(zone).date()
    days = (today - day).days
    if days <= 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    if days < 7:
        return "The last 7 days"
    if days < 30:
        return "The last 30 days"
    return f"{day:%B %Y}"
