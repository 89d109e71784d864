# ruff: noqa
import functools

from .base import db

Column = functools.partial(db.Column, nullable=False)


class Widget(db.Model):
    __tablename__ = "my_widgets"
    id = Column(db.Integer, primary_key=True)
    name = Column(db.String(30))
    note = Column(db.Text, nullable=True)
