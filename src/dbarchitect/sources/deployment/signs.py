"""Signs of a well-run database: backups, monitoring, replicas … as scripts, manifests, packages and texts show them.

A sign is a word that means one thing where it stands: a command in a script, an image in a compose file, a resource in
Terraform, a heading of the manual. Each kind of place has its own vocabulary; a comment is no sign. The text that is
kept is the word itself, never the line: a line may hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.deployment import Practice, Sign
from dbarchitect.sources.deployment import places
from dbarchitect.sources.deployment.places import Found

_RUN = (places.COMPOSE, places.CRON, places.SCRIPTS, places.KUBERNETES, places.IMAGES, places.HOSTING, places.SERVER)
_DECLARED = (*_RUN, places.TERRAFORM, places.SETTINGS)


@dataclass(frozen=True, slots=True)
class _Word:
    """A vocabulary of one practice in some kinds of places; `unless` is what must not stand on the same line."""

    practice: Practice
    kinds: tuple[str, ...]
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None


def _word(practice: Practice, kinds: Iterable[str], pattern: str, unless: str | None = None) -> _Word:
    flags = re.MULTILINE | re.IGNORECASE
    return _Word(practice, tuple(kinds), re.compile(pattern, flags), re.compile(unless, flags) if unless else None)


_DUMPS = r"\b(?:pg_dump(?:all)?|pg_basebackup|mysqldump|mariadb-dump|mariabackup|xtrabackup|mydumper)\b"
_ARCHIVERS = r"\b(?:wal-g|walg|wal-e|pgbackrest|barman(?:-cloud-\w+)?|pg_probackup|litestream|pg_rman)\b"
_KEEPERS = (
    r"\b(?:postgres-backup(?:-s3|-local)?|pg-backup|pgbackups?|mysql-backup|docker-volume-backup|docker-db-backup"
    r"|db-backup|databack|"
    r"autopostgresqlbackup|automysqlbackup|pgback|dbbackup|heroku pg:backups|pg:backups:?\w*|restic|borgmatic|velero)\b"
)
_NO_DUMP = (
    r"--schema-only|(?:\s-s\b)|\|\s*(?:psql|pg_restore)|apt(?:-get)?\s+install|apk\s+add|brew\s+install"
    r"|command -v|which "
    r"|--version|echo |schema\.sql|structure\.sql|fixture"
)
_RESTORER = "pg_restore"
_NO_RESTORE = r"pg_dump|apt(?:-get)?\s+install|apk\s+add|brew\s+install|command -v|which |--version|echo |--list|\s-l\b"
_SQLITE_COPY = r"(?:sqlite3\b[^\n]{0,200}\.backup\b|\bvacuum\s+into\b)"
_HEADING = (
    r"^(?:#{1,6}[ \t]++|={1,5}[ \t]++)(?P<heading>[^\n]{0,200}%s[^\n]{0,200})$"
    r"|^(?P<underlined>[^\n]{0,200}%s[^\n]{0,200})\n[=\-~^\"']{4,}[ \t]*$"
)


def _heading(words: str) -> str:
    return _HEADING % (words, words)


_NO_BACKUP_TEXT = r"codes?\b|e-?mail|phone|2fa|mfa|two-factor|authenticat|provider|server name|keys?\b"

_TIMED = r"\b(?:after_cursor_execute|execute_wrapper)\b(?=[\s\S]{0,1200}?%s)"
"""A hook around every query (SQLAlchemy's event, Django's wrapper) that does something with what it saw."""

_WORDS = (
    _word(Practice.BACKUP, (*_RUN, places.SETTINGS), _DUMPS, _NO_DUMP),
    _word(Practice.BACKUP, _DECLARED, _ARCHIVERS),
    _word(Practice.BACKUP, (*_RUN, places.SETTINGS), _KEEPERS, r"apt(?:-get)?\s+install|apk\s+add"),
    _word(Practice.BACKUP, (places.PACKAGES,), r"\bdjango-dbbackup\b"),
    _word(Practice.BACKUP, (places.CODE,), r"\b(?:\w{0,30}conn\w{0,30}|source|src|src_db|db)\.backup\("),
    _word(
        Practice.RESTORE_TEST,
        (places.CODE,),
        r"\bdef\s+(?:test|verify|check|validate)_(?:restore|backup)\w*|\bdef\s+restore_(?:test|drill|check)\w*",
    ),
    _word(Practice.BACKUP, (*_RUN, places.CODE), _SQLITE_COPY),
    _word(Practice.BACKUP, (places.CODE,), r"""["'](?:pg_dump(?:all)?|pg_basebackup|mysqldump)\b""", r"--schema-only"),
    _word(
        Practice.BACKUP,
        (places.TERRAFORM,),
        r"\bbackup_retention_(?:period|days)\s*=\s*(?!0\b)\S+|\bbackup_configuration\s*\{|\baws_backup_(?:plan"
        r"|selection)\b|\bbackup_policy\b",
    ),
    _word(Practice.BACKUP, (places.SETTINGS, places.HOSTING), r"\bBackupRetentionPeriod:\s*(?!0\b)\d+"),
    _word(
        Practice.BACKUP,
        (places.KUBERNETES,),
        r"\bkind:\s*(?:ScheduledBackup|PostgresBackup|PGBackup)\b|\bbarmanObjectStore\b|\bpgbackrest:",
    ),
    _word(Practice.BACKUP, (places.DOCUMENTS,), _heading(r"\bback(?:ing)?[ -]?ups?\b"), _NO_BACKUP_TEXT),
    _word(Practice.BACKUP, (places.DOCUMENTS,), _DUMPS, r"--schema-only|\s-s\b"),
    _word(
        Practice.RESTORE_TEST,
        (places.CI, *_RUN),
        r"\b(?:test|verify|check|validate|drill)[\w-]*[-_ ](?:restore|backups?)\b|\brestore[-_ ](?:test|drill|check"
        r"|verif\w+)\b|\bbackup[-_ ](?:test|verif\w+|drill)\b",
    ),
    _word(
        Practice.RESTORE_TEST,
        (places.DOCUMENTS,),
        r"\b(?:restore|recovery) (?:drills?|tests?)\b"
        r"|\btest(?:ing)? (?:the |your |a |our )?(?:restor\w+|backups?)\b",
    ),
    _word(Practice.RESTORE_TEST, (places.CODE,), rf"[\"']{_RESTORER}\b"),
    _word(Practice.RESTORE_TEST, (places.SCRIPTS, places.CRON), rf"\b{_RESTORER}\b", _NO_RESTORE),
    _word(
        Practice.POINT_IN_TIME_RECOVERY,
        _DECLARED,
        r"\barchive_mode\s*[=:]\s*[\"']?(?:on|always)\b|\barchive_command\s*[=:]|\bcontinuous_archiving\b",
    ),
    _word(Practice.POINT_IN_TIME_RECOVERY, _DECLARED, _ARCHIVERS),
    _word(
        Practice.POINT_IN_TIME_RECOVERY,
        (places.TERRAFORM,),
        r"\bpoint_in_time_recovery_enabled\s*=\s*true|\bresource\s+\"aws_rds_cluster\""
        r"|\bresource\s+\"aws_db_instance\"[^}]{0,3000}?\bbackup_retention_period\s*=\s*(?!0\b)\d",
    ),
    _word(Practice.POINT_IN_TIME_RECOVERY, (places.KUBERNETES,), r"\bbarmanObjectStore\b"),
    _word(
        Practice.POINT_IN_TIME_RECOVERY,
        (places.DOCUMENTS,),
        r"\bpoint[- ]in[- ]time[- ](?:recovery|restore)\b|\bPITR\b",
    ),
    _word(
        Practice.MONITORING,
        (*_DECLARED, places.CI),
        r"\b(?:postgres(?:ql)?[-_]exporter|mysqld[-_]exporter|pgbouncer[-_]exporter|pghero"
        r"|pganalyze(?:[-_]collector)?|pgwatch\d?|pmm-(?:client|server)|datadog-agent|newrelic-infra\w*|pgmetrics"
        r"|zabbix-agent\d?|netdata)\b",
    ),
    _word(
        Practice.MONITORING,
        (places.TERRAFORM,),
        r"\bperformance_insights_enabled\s*=\s*true|\binsights_config\s*\{|\bmonitoring_interval\s*=\s*[1-9]",
    ),
    _word(Practice.MONITORING, (places.KUBERNETES,), r"\benablePodMonitor:\s*true"),
    _word(
        Practice.MONITORING,
        (places.PACKAGES,),
        r"(?<![\w-])(?:opentelemetry-instrumentation-(?:django|sqlalchemy|psycopg2?|asyncpg|mysql|sqlite3)"
        r"|django-prometheus|ddtrace|newrelic|scout-apm|elastic-apm|logfire(?:\[[\w,-]+\])?"
        r"|prometheus-fastapi-instrumentator|starlette-prometheus|prometheus[-_]flask[-_]exporter|opencensus-ext-\w+"
        r"|appsignal|django-pghero)(?![\w-])",
    ),
    _word(
        Practice.MONITORING,
        (places.SCRIPTS,),
        r"\"(?:@opentelemetry/(?:instrumentation-pg|auto-instrumentations-node)|@prisma/instrumentation|dd-trace"
        r"|newrelic|elastic-apm-node|pg-monitor)\"\s*:",
    ),
    _word(
        Practice.MONITORING,
        (places.CODE, places.SETTINGS),
        r"\b(?:traces_sample_rate|tracesSampleRate)\b\s*[=:]\s*(?!0(?:\.0+)?(?![\d.])|None\b)[\w.\"'(]{1,40}"
        r"|\bSQLAlchemyInstrumentor\b|\bPsycopg2?Instrumentor\b|\bAsyncPGInstrumentor\b|\binstrument_(?:sqlalchemy"
        r"|psycopg|asyncpg|django)\b",
    ),
    _word(
        Practice.SLOW_QUERY_LOG,
        (*_DECLARED, places.CODE),
        r"\blog_min_duration_statement\b\s*[=:,]\s*[\"']?(?!-1)\w|\bauto_explain\b"
        r"|\bslow_query_log\b\s*[=:]\s*[\"']?(?:1|on|true)|\bpg_stat_statements\b|\blogMinDuration\w*",
    ),
    _word(
        Practice.SLOW_QUERY_LOG,
        (places.CODE, places.SETTINGS),
        r"\bslow_?(?:db_?)?(?:query|queries)_?(?:threshold|log|time|ms|duration|seconds|limit)\w*"
        r"|\blog_slow_quer\w+|\bSlowQueryLog\w*|\bget_recorded_queries\b"
        r"|\bSQLALCHEMY_RECORD_QUERIES\b[\"'\]]*\s*=\s*True",
    ),
    _word(
        Practice.MONITORING,
        (places.CODE,),
        _TIMED % r"\.(?:observe|timing|histogram|distribution|record|inc|increment|set_attribute)\(",
    ),
    _word(Practice.SLOW_QUERY_LOG, (places.CODE,), _TIMED % r"\blog\w*\.(?:warn|warning|info|error)\("),
    _word(Practice.SLOW_QUERY_LOG, (places.TERRAFORM,), r"\bquery_insights_enabled\s*=\s*true"),
    _word(
        Practice.ALERTING,
        (*_DECLARED, places.TERRAFORM),
        r"\balertmanager\b|\bkind:\s*PrometheusRule\b|^[ \t]*-[ \t]*alert:\s*\S+|\baws_cloudwatch_metric_alarm\b"
        r"|\bgoogle_monitoring_alert_policy\b|\bazurerm_monitor_metric_alert\b|\bpagerduty_\w+|\bdatadog_monitor\b"
        r"|\bAWS::CloudWatch::Alarm\b",
    ),
    _word(
        Practice.REPLICA,
        _DECLARED,
        r"\b(?:replicate_source_db|POSTGRES(?:QL)?_REPLICATION_\w+|repmgr|patroni|primary_conninfo"
        r"|hot_standby\s*=\s*on|readReplicas?)\b|\bmulti_az\s*=\s*true|\bMultiAZ:\s*true"
        r"|\bavailability_type\s*=\s*\"REGIONAL\"|\bread_replica_\w+",
    ),
    _word(
        Practice.REPLICA,
        (places.ENVIRONMENT, places.SETTINGS, places.COMPOSE),
        r"^[ \t]{0,40}-?[ \t]{0,4}[\"']?(?:\w{0,40}(?:DATABASE|DB|POSTGRES|PG|SQL)\w{0,40}_(?:REPLICA|READ(?:ER"
        r"|ONLY|_ONLY)?|SLAVE"
        r"|SECONDARY)S?(?:_\w+)?|(?:READ_?)?REPLICA_(?:DATABASE|DB|POSTGRES|PG)\w*|READ_(?:DATABASE|DB|REPLICA)\w*)\b",
    ),
    _word(
        Practice.REPLICA,
        (places.CODE,),
        r"\bDATABASES\[[\"'](?:replica|read_?replica|read_?only|reader|slave|secondary|standby)\w*[\"']\]"
        r"|^[ \t]{1,40}[\"'](?:replica|read_?replica|read_?only|reader|slave"
        r"|standby)\w*[\"']:\s*(?:\{\s*[\"']ENGINE|env\.db"
        r"|dj_database_url)|\b(?:DATABASE|DB|POSTGRES|PG|SQL)\w{0,40}_(?:READ_)?REPLICA(?:_\w+)?\b"
        r"|\bREAD_REPLICA(?:_\w+)?\b|\bread_replica_(?:url|dsn|engine)\b|@prisma/extension-read-replicas"
        r"|\bwithReplicas\(",
    ),
    _word(
        Practice.RETENTION,
        (places.CRON, places.CODE, places.KUBERNETES, places.COMPOSE, places.SCRIPTS, places.HOSTING, places.CI),
        r"\bclearsessions\b|\bdjango\.contrib\.sessions\.backends\.(?:cache|file|signed_cookies)\b|\b(?:delete|purge|prune|clean_?up|remove|expire)_(?:old|expired|stale|inactive"
        r"|outdated)_\w+|\bpg_partman\b|\bretention_(?:days|period|policy)\b",
    ),
    _word(
        Practice.ENCRYPTION_AT_REST,
        (places.TERRAFORM,),
        r"\bstorage_encrypted\s*=\s*true|\bkms_key_(?:id|name)\b\s*=|\bdisk_encryption\w*\s*[={]",
    ),
    _word(Practice.ENCRYPTION_AT_REST, (places.SETTINGS, places.HOSTING), r"\bStorageEncrypted:\s*true"),
    _word(Practice.ENCRYPTION_AT_REST, (*_RUN, places.PACKAGES), r"\bcryptsetup\b|\bsqlcipher3?\b"),
    _word(Practice.ENCRYPTION_AT_REST, (places.DOCUMENTS,), r"\bencrypt(?:ion|ed) at rest\b"),
    _word(Practice.DISASTER_RECOVERY, (places.DOCUMENTS,), r"\bdisaster[- ]recovery\b"),
    _word(
        Practice.DISASTER_RECOVERY,
        (places.DOCUMENTS,),
        _heading(
            r"(?:\b(?:restor(?:e|ing|ation)|recover(?:y|ing)?)\b[^\n]{0,200}\b(?:backups?|database|db|dumps?|data"
            r"|instance"
            r"|postgres\w*|snapshots?)\b|\b(?:backups?|database|db|dumps?|postgres\w*)\b[^\n]{0,200}\b(?:restor\w+"
            r"|recover\w*)\b|^#+[ \t]+(?:restor(?:e|ing)|recovery)[ \t]*$)"
        ),
        _NO_BACKUP_TEXT,
    ),
    _word(
        Practice.INTEGRITY_CHECK,
        (*_RUN, places.CODE, places.CI),
        r"\bpg_amcheck\b|\bamcheck\b|\bpg_checksums\b|--data-checksums\b|\bpragma\s+(?:integrity|quick"
        r"|foreign_key)_check\b|\bdataChecksums:\s*true",
    ),
    _word(
        Practice.POOLER,
        (*_DECLARED, places.PACKAGES),
        r"\b(?:pgbouncer|pgcat|pgpool(?:-?ii)?|supavisor|odyssey-pooler|proxysql|maxscale|rds[-_]proxy"
        r"|aws_db_proxy)\b",
    ),
    _word(
        Practice.POOLER,
        (places.ENVIRONMENT, places.CODE),
        r"\bpgbouncer=true|(?<![\w-])[\w-]{1,80}-pooler\.\w[\w.-]{1,120}|\bpooler\.supabase\.com"
        r"|\bUSE_PGBOUNCER\b|\bPGBOUNCER_(?:HOST"
        r"|URL)\b|\bprisma(?:\+postgres)?://[\w$<{]|accelerate\.prisma-data\.net",
    ),
)
_WORDS_OF = {kind: tuple(w for w in _WORDS if kind in w.kinds) for kind in {k for w in _WORDS for k in w.kinds}}
_IN_A_BROWSER = re.compile(r"(?:[.-](?:client|browser|edge)[\w.-]*\.\w+|\.[jt]sx|-client\.[jt]s)\Z")
_SCHEDULED = re.compile(
    r"^[ \t]*(?:schedule|cron)\b|\bkind:\s*CronJob\b|\bcrond?\b|\bsupercronic\b|\bofelia\b", re.MULTILINE
)


def is_for_browsers(path: str) -> bool:
    """Whether a source file runs where no database is, by its name: there are no signs in it."""
    return _IN_A_BROWSER.search(path) is not None


def source_words() -> tuple[str, ...]:
    """What a source file must hold, in small letters, to have any sign in it."""
    return tuple(dict.fromkeys(word for words in _NEEDLES[places.CODE].values() for word in words))


def signs_in(found: Iterable[Found]) -> Iterator[Sign]:
    """The first sign of each practice in each file, in the order of the files."""
    files = tuple(found)
    run = _Runners(files)
    for file in files:
        if is_for_browsers(file.path):
            continue
        if file.environment in {"development", "testing"} and file.kind != places.DOCUMENTS:
            continue
        text = file.text
        practices = _may_tell(file, text)
        if not practices:
            continue
        seen: set[Practice] = set()
        for word in _WORDS_OF.get(file.kind, ()):
            if word.practice in seen or word.practice not in practices:
                continue
            match = _first(file, text, word)
            if match is None:
                continue
            if word.practice is Practice.BACKUP and file.kind == places.CI and not _SCHEDULED.search(text):
                continue
            seen.add(word.practice)
            origin = file.origin(match.start(), match.end())
            shown = " ".join(
                (match.groupdict().get("heading") or match.groupdict().get("underlined") or match[0]).split()
            )
            words = shown.strip("\"'`: ")[:80]
            dumps_too = words == _RESTORER and Practice.BACKUP in seen  # a clock that runs it runs it for the dump
            automated = run.automates(file, word.practice) and not dumps_too
            yield Sign(word.practice, words, origin, None, automated)
        if file.kind == places.CI and _SCHEDULED.search(text):
            yield from _scheduled_backup(file, text)


_HOOKS = ("after_cursor_execute", "execute_wrapper")
_NEEDLES: dict[str, dict[Practice, tuple[str, ...]]] = {
    places.CODE: {
        Practice.BACKUP: ("pg_dump", "pg_basebackup", "mysqldump", ".backup", "vacuum"),
        Practice.RESTORE_TEST: ("_restore", "_backup", "restore_"),
        Practice.MONITORING: ("traces_sample_rate", "tracessamplerate", "instrumentor", "instrument_", *_HOOKS),
        Practice.SLOW_QUERY_LOG: (
            *_HOOKS,
            *("slow_quer", "slowquer", "slow_db", "slowdb", "record_queries", "recorded_queries"),
            *("log_min_duration", "logminduration", "auto_explain", "pg_stat_"),
        ),
        Practice.REPLICA: ("replica", "databases[", "'engine", '"engine', "env.db", "dj_database_url"),
        Practice.RETENTION: (
            *("clearsessions", "contrib.sessions.backends", "pg_partman", "retention_"),
            *("_old_", "_expired_", "_stale_", "_inactive_", "_outdated_"),
        ),
        Practice.INTEGRITY_CHECK: ("amcheck", "pg_checksums", "data-checksums", "datachecksums", "pragma"),
        Practice.POOLER: ("pgbouncer", "-pooler", "pooler.", "prisma://", "prisma+postgres", "prisma-data"),
    },
    places.DOCUMENTS: {
        Practice.BACKUP: ("back", "dump"),
        Practice.RESTORE_TEST: ("restor", "recover", "backup"),
        Practice.POINT_IN_TIME_RECOVERY: ("pitr", "point"),
        Practice.ENCRYPTION_AT_REST: ("at rest",),
        Practice.DISASTER_RECOVERY: ("disaster", "restor", "recover"),
    },
}
"""What a source file or a document must hold, in small letters, before an expression is tried on it: there are many,
and few tell anything. Whoever adds a word for them adds what it cannot do without."""


def _may_tell(file: Found, text: str) -> frozenset[Practice]:
    if file.kind not in _NEEDLES:
        return frozenset(Practice) if text else frozenset()
    lowered = text.lower()
    return frozenset(p for p, needles in _NEEDLES[file.kind].items() if any(needle in lowered for needle in needles))


def _first(file: Found, text: str, word: _Word) -> re.Match[str] | None:
    for match in word.pattern.finditer(text):
        if file.kind != places.DOCUMENTS and file.is_comment(match.start()):
            continue
        if word.unless is not None and word.unless.search(_line(text, match)):
            continue
        return match
    return None


def _line(text: str, match: re.Match[str]) -> str:
    end = text.find("\n", match.end())
    return text[text.rfind("\n", 0, match.start() + 1) + 1 : end if end >= 0 else len(text)]


def _scheduled_backup(file: Found, text: str) -> Iterator[Sign]:
    """A workflow that runs by the clock and dumps the database."""
    for match in re.finditer(f"{_DUMPS}|{_KEEPERS}", text, re.IGNORECASE):
        if not file.is_comment(match.start()) and not re.search(_NO_DUMP, _line(text, match), re.IGNORECASE):
            yield Sign(Practice.BACKUP, match[0], file.origin(match.start(), match.end()))
            return


class _Runners:
    """Which scripts something runs by itself."""

    def __init__(self, files: tuple[Found, ...]) -> None:
        by_clock = [
            f
            for f in files
            if f.kind in {places.CRON, places.COMPOSE, places.KUBERNETES, places.TERRAFORM, places.HOSTING}
        ]
        by_clock += [
            f for f in files if f.kind in {places.CI, places.IMAGES, places.SCRIPTS} and _SCHEDULED.search(f.text)
        ]
        self._text = {f.path: f.text for f in by_clock}

    def automates(self, file: Found, practice: Practice) -> bool:
        """Whether a sign of a practice in a file is one that happens without somebody's hand."""
        if file.kind == places.DOCUMENTS:
            return False
        if practice not in {Practice.BACKUP, Practice.RESTORE_TEST, Practice.RETENTION}:
            return True
        if file.kind not in {places.SCRIPTS, places.CODE, places.IMAGES, places.PACKAGES}:
            return True
        stem = file.file.name.rpartition(".")[0] or file.file.name
        if _SCHEDULED.search(file.text) and file.kind != places.CODE:
            return True
        names = {file.file.name, stem} if len(stem) > 5 else {file.file.name}
        return any(path != file.path and any(name in text for name in names) for path, text in self._text.items())
