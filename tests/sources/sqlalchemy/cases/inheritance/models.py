# ruff: noqa
"""Single-table and joined inheritance, concrete tables."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String
from sqlalchemy.orm import declarative_base, declared_attr, has_inherited_table

Base = declarative_base()


class Tracked:
    revision = Column(Integer, nullable=False)


class Employee(Tracked, Base):
    __tablename__ = "employee"
    id = Column(Integer, primary_key=True)
    type = Column(String(20))
    name = Column(String(50), nullable=False)
    __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "employee"}


class Manager(Employee):
    budget = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Engineer(Employee):
    __tablename__ = "engineer"
    id = Column(Integer, ForeignKey("employee.id", ondelete="CASCADE"), primary_key=True)
    language = Column(String(30), nullable=False)
    __mapper_args__ = {"polymorphic_identity": "engineer"}
    __table_args__ = (Index("ix_engineer_language", language),)


class SeniorEngineer(Engineer):
    grade = Column(Integer, index=True)
    __mapper_args__ = {"polymorphic_identity": "senior"}


class Intern(Employee):
    __tablename__ = None
    school = Column(String(30))
    __mapper_args__ = {"polymorphic_identity": "intern"}


class Contractor(Employee):
    __tablename__ = "contractor"
    id = Column(Integer, primary_key=True)
    revision = Column(Integer)
    type = Column(String(20))
    name = Column(String(50), nullable=False)
    rate = Column(Integer)
    __mapper_args__ = {"concrete": True}


class Automatic(Base):
    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower()

    id = Column(Integer, primary_key=True)


class Special(Automatic):
    id = Column(ForeignKey("automatic.id"), primary_key=True)
    more = Column(String)


class NamedByClass:
    @declared_attr.directive
    def __tablename__(cls):
        if has_inherited_table(cls):
            return None
        return cls.__name__.lower()


class Vehicle(NamedByClass, Base):
    id = Column(Integer, primary_key=True)
    kind = Column(String(9))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "vehicle"}


class Car(Vehicle):
    doors = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "car"}


class WithId:
    @declared_attr.cascading
    def id(cls):
        if has_inherited_table(cls):
            return Column(ForeignKey("animal.id"), primary_key=True)
        return Column(Integer, primary_key=True)


class Animal(WithId, Base):
    __tablename__ = "animal"
    kind = Column(String(9))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


class Dog(Animal):
    __tablename__ = "dog"
    breed = Column(String(9))
    __mapper_args__ = {"polymorphic_identity": "dog"}
