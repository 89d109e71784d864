from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone


class TimeZoneMiddleware:
    """Shows times in the zone that the browser told us in a cookie."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        name = request.COOKIES.get("timezone")
        try:
            zone = ZoneInfo(name) if name else None
        except (ValueError, ZoneInfoNotFoundError):
            zone = None
        with timezone.override(zone):
            return self.get_response(request)
