"""Calls over the network to other systems: payment, mail, language models, stores of files, anything by HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbarchitect.catalog.queries import EventKind
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.speaking import of
from dbarchitect.sources.code.typescript.values import Const, Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site, Vocabulary
from dbarchitect.sources.code.values import OPAQUE, Library, Opaque, Text, Value

_PACKAGES = re.compile(
    r"^(?:axios|got|ky|node-fetch|undici|superagent|needle|cross-fetch|ofetch|stripe|resend|nodemailer|openai|twilio|"
    r"@anthropic-ai/\w[\w-]*|@aws-sdk/[\w-]+|aws-sdk|@sendgrid/[\w-]+|postmark|mailgun\.js|@mailchimp/\w[\w-]*|googleapis|"
    r"@googleapis/\w+|@google-cloud/[\w-]+|@google/(?:generative-ai|genai)|@octokit/[\w-]+|octokit|@slack/[\w-]+|replicate|"
    r"@azure/[\w-]+|@vercel/blob|@paddle/[\w-]+|@lemonsqueezy/[\w.-]+|@polar-sh/sdk|@notionhq/client|@linear/sdk|"
    r"@hubspot/api-client|firebase-admin|braintree|square|plaid|cohere-ai|groq-sdk|@mistralai/\w+|@microsoft/[\w-]+|"
    r"@novu/\w+|svix|@upstash/qstash|@sparticuz/[\w-]+|web-push|expo-server-sdk|loops|plunk|ai|@ai-sdk/[\w-]+|@tinybirdco/\w+|"
    r"@trycourier/courier|jsforce|soap|ssh2|basic-ftp|imapflow|dodopayments|@calcom/sdk)$"
)
_HTTP = frozenset({"get", "post", "put", "patch", "delete", "head", "request", "options", "stream", "extend"})
_CLIENTS = frozenset(
    {"axios", "got", "ky", "node-fetch", "undici", "superagent", "needle", "cross-fetch", "ofetch"}
)  # fmt: skip
_MODELS = frozenset({"generateText", "streamText", "generateObject", "streamObject", "embed", "embedMany",
                     "experimental_generateImage", "generateImage", "ToolLoopAgent"})  # fmt: skip
_NO_CALL = re.compile(
    r"(?:^|\.)(?:constructEvent(?:Async)?|constructor|getSignedUrl|createPresignedPost|generateAuthUrl|verify\w*|"
    r"isAxiosError|isCancel|toFile|setCredentials|setApiKey|create|defaults|interceptors(?:\.(?!interceptors\b)\w+)*+|tool|jsonSchema|"
    r"stepCountIs|convertToModelMessages|convertToCoreMessages|wrapLanguageModel|customProvider|on|once|webhooks\.\w+|"
    r"createMockTransport|Command|toString|extend|\w+Path|replace|split|trim|toLowerCase|includes|startsWith|get\w*Url)$"
)
_MAKING = re.compile(r"^(?:create(?:[A-Z]\w*)?|init\w*|auth\.\w+|google\.\w+|getClient|fromEnv|api|\w+Client)$")
_LOCAL = re.compile(r"^(?:default|\*)(?:\.|$)")
_SENDING = re.compile(r"^(?:send(?:[A-Z]\w*)?|put|del|list|upload)$")
"""Functions of a package that call by themselves, without a client that is made before: `sendNotification(…)`."""
_CLIENT_TYPE = re.compile(
    r"(?:Client|Transporter|Instance|SDK|Api|API|^Stripe|^Resend|^OpenAI|^Anthropic|^Octokit|^S3)$"
)


@dataclass(frozen=True, slots=True)
class Remote:
    """A client of another system, or a part of it: `stripe.customers`."""

    package: str
    path: str = ""


class OutsideVocabulary(Vocabulary):
    """Notes what goes over the network to another system."""

    name = "outside"

    def typed(self, type_text: str, frame: Frame, interpreter: Following) -> Value | None:  # noqa: ARG002
        """`stripe: Stripe`."""
        imported = frame.module.imports.get(type_text)
        if imported is None or _PACKAGES.match(imported.specifier) is None:
            return None
        client = imported.name == "default" or _CLIENT_TYPE.search(imported.name) is not None
        return Remote(imported.specifier) if client else None

    @of(Remote)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:  # noqa: ARG002
        """`stripe.customers`."""
        if not isinstance(owner, Remote):
            return None
        return Remote(owner.package, f"{owner.path}.{name}" if owner.path else name)

    @of(Library, Remote)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """`fetch(url)`, `new Stripe(key)`, `stripe.customers.create({…})`, `client.send(new PutObjectCommand({…}))`."""
        match function:
            case Library(name="fetch"):
                if not _is_own(arguments.get(0)):
                    site.interpreter.event(EventKind.EXTERNAL_CALL, site)
                return _answer(arguments, site)
            case Library(name=name):
                return self._library(name, arguments, site)
            case Remote(package=package, path=path):
                if _NO_CALL.search(path) and not _is_creation(path):
                    return OPAQUE
                if _MAKING.match(path) and package != "ai":
                    return Remote(package)
                site.interpreter.event(EventKind.EXTERNAL_CALL, site)
                return _answer(arguments, site)
            case _:
                return None

    def _library(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        package, _, rest = name.partition(":")
        if not rest or _PACKAGES.match(package) is None:
            return None
        path = _LOCAL.sub("", rest) if rest.startswith(("default", "*")) else rest
        if arguments.new:
            return Remote(package) if not path.endswith(("Command", "Error", "Exception")) else OPAQUE
        if package in _CLIENTS:
            return self._http(package, path, arguments, site)
        if package == "ai" or package.startswith("@ai-sdk/"):
            if path not in _MODELS:
                return None
        elif (not path or _MAKING.match(path) or path[:1].isupper() or "." not in path) and not _SENDING.match(path):
            return Remote(package)
        if _NO_CALL.search(path) and not _is_creation(path):
            return OPAQUE
        site.interpreter.event(EventKind.EXTERNAL_CALL, site)
        return _answer(arguments, site)

    def _http(self, package: str, path: str, arguments: Arguments, site: Site) -> Value:
        """`axios.post(url, …)`, `ky(url)`; `axios.create({…})` makes a client."""
        last = path.rpartition(".")[2]
        if last in {"create", "extend", "defaults"}:
            return Remote(package)
        if (path in {"", "fetch", "ofetch", "$fetch", "axios", "got", "ky"} or last in _HTTP) and not _is_own(
            arguments.get(0)
        ):
            site.interpreter.event(EventKind.EXTERNAL_CALL, site)
        return _answer(arguments, site)


def _is_creation(path: str) -> bool:
    """Whether `create` makes something over there: `stripe.customers.create`, not `axios.create`."""
    return path.rpartition(".")[2] == "create" and "." in path


def _is_own(url: Value | None) -> bool:
    """Whether an address is a path without a host: a page's own server."""
    start = url.value if isinstance(url, Const) else url.parts[0] if isinstance(url, Text) and url.parts else None
    return isinstance(start, str) and start.startswith("/") and not start.startswith("//")


def _answer(arguments: Arguments, site: Site) -> Value:
    """What another system gives back; what it is given leaves our sight, functions among it run."""
    for argument in arguments.args:
        if isinstance(argument, Function):
            site.interpreter.run(argument, Arguments(dynamic=True), site)
        else:
            site.interpreter.made(argument, site)
    return Opaque()
