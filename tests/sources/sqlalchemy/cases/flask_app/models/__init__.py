# ruff: noqa
"""A package of models under Flask-SQLAlchemy."""

from .accounts import Account, HTTPLog, Premium, Role, account_roles
from .base import db
from .late import *

metadata = db.metadata
