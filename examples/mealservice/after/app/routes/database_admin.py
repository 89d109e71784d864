from flask import Blueprint, current_app, jsonify, render_template
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..access import admin_required
from ..extensions import db
from ..utils import database_performance, database_validation

bp = Blueprint("database_admin", __name__)


def monitor():
    return current_app.extensions["query_monitor"]


@bp.get("/metrics")
def metrics():
    lines = [f'database_queries_total{{kind="{kind}"}} {count}' for kind, count in sorted(monitor().counts.items())]
    lines.append(f"database_pool_in_use {database_performance.pool_status()['in_use']}")
    return "\n".join(lines) + "\n", 200, {"Content-Type": "text/plain; version=0.0.4"}


@bp.get("/health")
def health():
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        current_app.logger.exception("the database does not answer")
        return jsonify(database="down"), 503
    return jsonify(database="up", pool=database_performance.pool_status())


@bp.get("/admin/database")
@admin_required
def overview():
    return render_template(
        "database_admin.html",
        metrics=monitor().metrics(),
        advice=monitor().advice(),
        pool=database_performance.pool_status(),
        tables=database_performance.table_statistics(),
    )


@bp.get("/admin/database/metrics")
@admin_required
def figures():
    return jsonify(monitor().metrics() | {"pool": database_performance.pool_status()})


@bp.get("/admin/database/integrity")
@admin_required
def integrity():
    return jsonify(database_validation.problems())


@bp.post("/admin/database/maintenance")
@admin_required
def maintenance():
    db.session.rollback()
    database_performance.maintain()
    return "", 204
