# ruff: noqa
"""Tables written out: association tables, __table__, classical mapping, indexes after the fact."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, MetaData, String, Table, func, text
from sqlalchemy.orm import declarative_base, registry, relationship

metadata = MetaData()
Base = declarative_base(metadata=metadata)
mapper_registry = registry(metadata=metadata)

KEY = "id"
common = dict(nullable=False, index=True)


def created():
    return Column("created_at", sa.DateTime, server_default=func.now(), nullable=False)


def code(name="code", length=8, **kwargs):
    return Column(name, String(length), **kwargs)


students = Table(
    "students",
    metadata,
    Column(KEY, Integer, primary_key=True),
    Column("name", String(50), **common),
    created(),
    code(unique=True),
    sa.UniqueConstraint("name", "code", name="uq_students"),
)
courses = Table(
    "courses",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    code(length=4),
    Column("n", key="number", type_=Integer),
)
enrolments = Table(
    "enrolments",
    metadata,
    Column("student_id", ForeignKey("students.id", ondelete="CASCADE"), primary_key=True),
    Column("course_id", ForeignKey(courses.c.id), primary_key=True),
    Index("ix_enrolments_course", "course_id"),
)


class Grade(Base):
    __table__ = Table(
        "grades",
        Base.metadata,
        Column("student_id", Integer, primary_key=True),
        Column("course_id", Integer, primary_key=True),
        Column("value", Integer),
        ForeignKeyConstraint(
            ["student_id", "course_id"],
            ["enrolments.student_id", "enrolments.course_id"],
            name="fk_enrolment",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("value between 1 and 6"),
    )


class Student:
    pass


class Course(Base):
    __table__ = courses
    students = relationship("Student", secondary=enrolments, backref="courses")


mapper_registry.map_imperatively(Student, students)

Index("ix_students_lower_name", func.lower(students.c.name))
Index("ix_courses_number", courses.c.number, unique=True)
late = Index("ix_grades_value", Grade.__table__.c.value.desc())
Grade.__table__.append_column(Column("remark", String(5))) if False else None
