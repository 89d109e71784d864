# ruff: noqa
"""Names that need quoting."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Order(Base):
    __tablename__ = 'Weird "Table" \N{SNOWMAN}'
    id = Column("User's id", Integer, primary_key=True)
    select = Column("select", String(5), unique=True)
    mixed = Column("MixedCase", Integer, index=True)
    script = Column("</script>", String(9), server_default="a'b\\c")
    parent = Column("line\nbreak", ForeignKey("Other.id"))
    __table_args__ = (Index("Ix Weird", "MixedCase", "select"),)


class Other(Base):
    __tablename__ = "Other"
    id = Column(Integer, primary_key=True)
