"""Tables that are declared in a way which is not read: said so, with what would help."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect import api
from dbarchitect.errors import NothingAudited


@pytest.mark.parametrize(
    ("path", "text", "framework"),
    [
        ("src/user.entity.ts", "@Entity()\nexport class User {}", "TypeORM"),
        ("alembic/versions/1_a.py", "def upgrade():\n    op.create_table('users')\n", "Alembic"),
        ("db/schema.rb", 'ActiveRecord::Schema.define do\n  create_table "users" do |t|\n', "Rails"),
        ("db.js", "require('mysql2').query(`\n CREATE TABLE users (\n id int)`)\n", "SQL in the program's text"),
        ("src/1_a.ts", "await db.schema\n  .createTable('users')\n", "Knex or Kysely"),
        ("user.go", "type User struct {\n\tgorm.Model\n}\n", "GORM"),
    ],
)
def test_what_declares_the_tables_is_named(tmp_path: Path, path: str, text: str, framework: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text)
    with pytest.raises(NothingAudited) as raised:
        api.survey([str(tmp_path)])
    assert framework in str(raised.value)
    assert path in str(raised.value)


def test_a_project_without_tables(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print(1)\n")
    with pytest.raises(NothingAudited) as raised:
        api.survey([str(tmp_path)])
    assert "not read yet" not in str(raised.value)
