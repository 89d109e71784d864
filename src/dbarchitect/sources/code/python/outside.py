"""What a program does besides its database: calls over the network, JSON, its audit trail."""

from __future__ import annotations

import re

from dbarchitect.catalog.queries import EventKind

SORTING = frozenset({"sort"})
CHECKING = frozenset(
    {"load", "validate", "validate_python", "clean", "parse_obj", "parse_raw", "model_validate", "model_validate_json",
     "deserialize", "parse_args", "run_validation", "to_internal_value", "structure", "convert"}
)  # fmt: skip
"""Methods of schemas and forms: what they give back was checked."""
_NETWORK = re.compile(
    r"^(?:requests|httpx|aiohttp|urllib\.request|urllib3|boto3|botocore|stripe|twilio|sendgrid|smtplib|openai|anthropic|"
    r"slack_sdk|paypalrestsdk|braintree|paramiko|ftplib|google\.cloud|azure|mailchimp\w*|postmarker|resend|"
    r"django\.core\.mail|flask_mail|aiosmtplib|pika|kafka|grpc|zeep|ldap3|replicate|groq)\b"
)
_NO_CALL = re.compile(
    r"(?:Error|Exception|Timeout|Adapter|Retry|Session|Client|Config|Limits)$|\.exceptions\.|\.auth\.|"
    r"construct_event$|generate_presigned_\w{1,60}$|\.(?!Async|Open|Anthropic|Groq|Email|Mail)[A-Z][a-z]\w*$"
)
_JSON = frozenset(
    {"json.loads", "orjson.loads", "ujson.loads", "simplejson.loads", "rapidjson.loads", "flask.json.loads"}
)


def event_of(name: str) -> EventKind | None:
    """What a call of a library's function is, None when it does not matter here."""
    if name in _JSON:
        return EventKind.JSON_PARSED
    if _NETWORK.search(name) and not _NO_CALL.search(name):
        return EventKind.EXTERNAL_CALL
    return None
