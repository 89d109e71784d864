# ruff: noqa
from sqlalchemy.orm import declared_attr

from .base import BaseModel, db

account_roles = db.Table(
    "account_roles",
    db.Column("account_id", db.Integer, db.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    db.Column("role_id", db.Integer, db.ForeignKey("role.id"), primary_key=True),
)


class Role(db.Model):
    id = db.Column(db.Integer(), primary_key=True)
    name = db.Column(db.String(80), unique=True)


class Account(BaseModel):
    email = db.Column(db.String(120), unique=True, index=True, nullable=False)
    kind = db.Column(db.String(10), nullable=False, default="plain")
    roles = db.relationship("Role", secondary=account_roles, backref=db.backref("accounts", lazy="dynamic"))
    logs = db.relationship("HTTPLog", backref="account", lazy=True, cascade="all, delete-orphan")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "plain"}


class Premium(Account):
    limit = db.Column(db.Integer)
    __mapper_args__ = {"polymorphic_identity": "premium"}


class Company(Account):
    id = db.Column(db.ForeignKey(Account.id), primary_key=True)
    vat = db.Column(db.String(20))
    __mapper_args__ = {"polymorphic_identity": "company"}


class HTTPLog(db.Model):
    id = db.Column(db.BigInteger().with_variant(db.Integer, "sqlite"), primary_key=True)
    account_id = db.Column(db.Integer, db.ForeignKey("account.id"), nullable=False)
    path = db.Column(db.Text)
    __table_args__ = (db.Index("ix_path", "path"), {"sqlite_autoincrement": True})


class OAuth2Token(db.Model):
    token = db.Column(db.String(40), primary_key=True)
