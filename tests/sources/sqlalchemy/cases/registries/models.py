# ruff: noqa
"""Other ways to a base: as_declarative, generate_base, registry.mapped, a metaclass."""

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String
from sqlalchemy.ext.declarative import as_declarative, declared_attr
from sqlalchemy.orm import DeclarativeMeta, registry

metadata = MetaData()
mapper_registry = registry(metadata=metadata)
Generated = mapper_registry.generate_base()


@as_declarative(metadata=metadata)
class Decorated:
    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower()

    id = Column(Integer, primary_key=True)


class Meta(metaclass=DeclarativeMeta):
    __abstract__ = True
    registry = mapper_registry
    metadata = mapper_registry.metadata


class One(Decorated):
    a = Column(String(1))


class Two(Generated):
    __tablename__ = "two"
    id = Column(Integer, primary_key=True)
    one_id = Column(ForeignKey("one.id"))


@mapper_registry.mapped
class Three:
    __tablename__ = "three"
    id = Column(Integer, primary_key=True)


class Four(Meta):
    __tablename__ = "four"
    id = Column(Integer, primary_key=True)
    three_id = Column(ForeignKey(Three.id))
