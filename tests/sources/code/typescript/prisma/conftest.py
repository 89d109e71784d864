"""A schema to ask for, and values as the interpreter hands them over."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.prisma import PrismaReader

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

enum Role {
  ADMIN @map("admin")
  GUEST @map("guest")
}

enum Status {
  DRAFT
  LIVE
}

model User {
  id        Int       @id @default(autoincrement())
  email     String    @unique
  name      String?
  role      Role      @default(GUEST)
  tags      String[]
  settings  Json?
  balance   Int       @default(0)
  createdAt DateTime  @default(now()) @map("created_at")
  posts     Post[]
  profile   Profile?
  teams     Member[]

  @@map("users")
}

model Profile {
  id     Int    @id
  bio    String
  userId Int    @unique @map("user_id")
  user   User   @relation(fields: [userId], references: [id])
}

model Post {
  id        Int       @id
  title     String
  status    Status
  views     Int       @default(0)
  deletedAt DateTime? @map("deleted_at")
  authorId  Int       @map("author_id")
  author    User      @relation(fields: [authorId], references: [id])
  editorMail String?  @map("editor_mail")
  labels    Label[]
  comments  Comment[]
}

model Comment {
  id     Int    @id
  text   String
  postId Int    @map("post_id")
  post   Post   @relation(fields: [postId], references: [id])
}

model Label {
  id    Int    @id
  name  String @unique
  posts Post[]
}

model Member {
  userId Int
  teamId Int
  role   String
  user   User @relation(fields: [userId], references: [id])

  @@id([userId, teamId])
}
"""


def read(folder: Path, schema: str = SCHEMA) -> tuple[SourceReading, ...]:
    """The readings of a project with one schema."""
    (folder / "prisma").mkdir(parents=True)
    (folder / "prisma" / "schema.prisma").write_text(schema)
    return PrismaReader().read(open_project(folder))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The models of the schema."""
    return Models(read(tmp_path_factory.mktemp("shop")))
