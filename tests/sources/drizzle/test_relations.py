"""How the exported variables stand for tables, and where relations lead."""

# ruff: noqa: E501 - schemas as people write them

from __future__ import annotations

import pickle

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.mapping import MappedModel, MappedRelation, Through

CORE = """
import { relations, defineRelations } from "drizzle-orm";
import { pgTable, integer, text, primaryKey } from "drizzle-orm/pg-core";
export const users = pgTable("app_users", { id: integer("id").primaryKey(), fullName: text("full_name"),
  invitedBy: integer("invited_by") });
export const profiles = pgTable("profiles", { id: integer("id").primaryKey(), userId: integer("user_id").references(() => users.id).unique() });
export const posts = pgTable("posts", { id: integer("id").primaryKey(), authorId: integer("author_id").references(() => users.id),
  reviewerId: integer("reviewer_id").references(() => users.id) });
export const groups = pgTable("groups", { id: integer("id").primaryKey() });
export const usersToGroups = pgTable("users_to_groups", { userId: integer("user_id"), groupId: integer("group_id") },
  (t) => [primaryKey({ columns: [t.userId, t.groupId] })]);
"""
FIRST = """
export const usersRelations = relations(users, ({ one, many }) => ({
  invitee: one(users, { fields: [users.invitedBy], references: [users.id] }),
  profile: one(profiles),
  posts: many(posts, { relationName: "author" }),
  reviewed: many(posts, { relationName: "reviewer" }),
  groups: many(usersToGroups),
}));
export const postsRelations = relations(posts, ({ one }) => ({
  author: one(users, { fields: [posts.authorId], references: [users.id], relationName: "author" }),
  reviewer: one(users, { fields: [posts.reviewerId], references: [users.id], relationName: "reviewer" }),
}));
export const profileRelations = relations(profiles, (r) => { return { user: r.one(users, { fields: [profiles.userId], references: [users.id] }) } });
export const throughRelations = relations(usersToGroups, ({ one }) => ({
  user: one(users, { fields: [usersToGroups.userId], references: [users.id] }),
  group: one(groups, { fields: [usersToGroups.groupId], references: [groups.id] }),
}));
"""
SECOND = """
export const all = defineRelations({ users, posts, groups, usersToGroups }, (r) => ({
  users: {
    posts: r.many.posts({ from: r.users.id, to: r.posts.authorId }),
    reviewed: r.many.posts({ alias: "reviewer" }),
    groups: r.many.groups({ from: r.users.id.through(r.usersToGroups.userId), to: r.groups.id.through(r.usersToGroups.groupId) }),
  },
  posts: { reviewer: r.one.users({ from: [r.posts.reviewerId], to: [r.users.id], alias: "reviewer" }) },
  groups: { members: r.many.users() },
}));
"""
USERS = "src/schema.ts:users"
POSTS = "src/schema.ts:posts"


def _models(found) -> dict[str, MappedModel]:
    return {model.name: model for model in found.models}


def test_tables(reading) -> None:
    found = reading(CORE)
    users = _models(found)["users"]
    assert users == MappedModel(
        USERS,
        "users",
        Ref.of_table("app_users"),
        {"id": "id", "fullName": "full_name", "invitedBy": "invited_by"},
        ("id",),
        {},
        "users",
    )
    assert _models(found)["usersToGroups"].primary_key == ("user_id", "group_id")
    assert pickle.loads(pickle.dumps(found.models)) == found.models


def test_relations_beside_the_tables(reading) -> None:
    found = reading(CORE + FIRST)
    assert found.diagnostics == ()
    models = _models(found)
    assert models["users"].relations == {
        "invitee": MappedRelation("invitee", USERS, False, (("invited_by", "id"),)),
        "profile": MappedRelation("profile", "src/schema.ts:profiles", False, (("id", "user_id"),), reverse=True),
        "posts": MappedRelation("posts", POSTS, True, (("id", "author_id"),), reverse=True),
        "reviewed": MappedRelation("reviewed", POSTS, True, (("id", "reviewer_id"),), reverse=True),
        "groups": MappedRelation("groups", "src/schema.ts:usersToGroups", True, (("id", "user_id"),), reverse=True),
    }
    assert models["posts"].relations["author"] == MappedRelation("author", USERS, False, (("author_id", "id"),))
    assert models["profiles"].relations["user"].pairs == (("user_id", "id"),)


def test_relations_of_a_schema(reading) -> None:
    found = reading(CORE + SECOND)
    assert found.diagnostics == ()
    models = _models(found)
    between = Ref.of_table("users_to_groups")
    assert models["users"].relations == {
        "posts": MappedRelation("posts", POSTS, True, (("id", "author_id"),), reverse=True),
        "reviewed": MappedRelation("reviewed", POSTS, True, (("id", "reviewer_id"),), reverse=True),
        "groups": MappedRelation(
            "groups",
            "src/schema.ts:groups",
            True,
            through=Through(between, (("id", "user_id"),), (("group_id", "id"),)),
        ),
    }
    assert models["posts"].relations["reviewer"].pairs == (("reviewer_id", "id"),)
    members = models["groups"].relations["members"]
    assert members.through == Through(between, (("id", "group_id"),), (("user_id", "id"),))


def test_relations_in_a_file_of_their_own(readings) -> None:
    config = 'import { defineConfig } from "drizzle-kit"; export default defineConfig({ dialect: "postgresql", '
    config += 'schema: "./tables.ts" });'
    relations = 'import { relations } from "drizzle-orm"; import * as t from "./tables";\n'
    relations += "export const r = relations(t.posts, ({ one }) => ({ author: one(t.users, { fields: [t.posts.authorId], references: [t.users.id] }) }));"
    (found,) = readings({"drizzle.config.ts": config, "tables.ts": CORE, "relations.ts": relations})
    assert _models(found)["posts"].relations["author"].target == "tables.ts:users"


def test_names_of_exports(readings) -> None:
    config = 'import { defineConfig } from "drizzle-kit"; export default defineConfig({ dialect: "postgresql", '
    config += 'schema: "./schema/index.ts" });'
    (found,) = readings(
        {
            "drizzle.config.ts": config,
            "schema/index.ts": 'export * from "./a"; export { things as stuff } from "./a";',
            "schema/a.ts": 'import { pgTable, text } from "drizzle-orm/pg-core";\n'
            'const inner = pgTable("things", { a: text("a") });\nexport { inner as things };\n'
            'const hidden = pgTable("hidden", { a: text("a") });',
        }
    )
    (model,) = found.models
    assert (model.key, model.name) == ("schema/a.ts:inner", "inner")
    assert {model.label, *model.aliases} == {"stuff", "things"}


def test_what_cannot_be_told_is_said(reading) -> None:
    found = reading(CORE + "export const x = relations(users, ({ one }) => ({ a: one(somewhere) }));")
    assert [(d.origin.line, d.text) for d in found.diagnostics] == [(12, "where the relation a leads cannot be told")]


def test_keys_of_the_client(readings) -> None:
    (found,) = readings(
        {
            "tables.ts": CORE,
            "db.ts": 'import { drizzle } from "drizzle-orm/node-postgres";\nimport * as tables from "./tables";\n'
            "const { users, ...rest } = tables;\n"
            'export const db = drizzle(process.env.URL!, { schema: { people: users, ...rest }, casing: "snake_case" });',
        }
    )
    models = _models(found)
    assert (models["users"].label, models["users"].aliases) == ("people", ("users",))
    assert (models["posts"].label, models["posts"].aliases) == ("posts", ())
