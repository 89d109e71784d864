"""The HTML report: one file that needs nothing else, made from the report's plain data alone."""

from __future__ import annotations

from dbarchitect.report.html.page import render

__all__ = ["render"]
