"""Whether a request accepts a compressed response."""

from django.http import HttpRequest


def accepts_gzip(request: HttpRequest) -> bool:
    """Tell whether ``Accept-Encoding`` allows gzip, by name or by ``*``, and not with weight 0."""
    weights = {}
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _weight(parameters)
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
