"""Tables by part of the business: Django's labels, the words of names, the tables that they belong to."""

from __future__ import annotations

from dataclasses import replace

from support.surveys import survey, table

from dbarchitect.audit.domains import tables_by_domain
from dbarchitect.catalog.refs import Origin


def test_words_decide_and_what_nothing_tells_follows_its_parent_or_comes_last() -> None:
    made = survey(table("users"), table("payments"), table("kits", references="payments"), table("zebras"))
    assert dict(tables_by_domain(made)) == {
        "accounts": ("users",),
        "billing": ("kits", "payments"),
        "other": ("zebras",),
    }
    assert [name for name, _ in tables_by_domain(made)][-1] == "other"


def test_the_thing_itself_counts_before_the_word_in_front_of_it() -> None:
    assert dict(tables_by_domain(survey(table("user_payments"), table("payment_events")))) == {
        "billing": ("user_payments",),
        "logs and analytics": ("payment_events",),
    }


def test_django_s_labels_are_the_domains_that_its_authors_drew() -> None:
    models = (
        replace(table("a_x"), model="shop.X"),
        replace(table("a_x_tags"), model="shop.X.tags"),
        replace(table("b_y"), model="lending.Y"),
    )
    made = survey(*models)
    made = replace(made, application=replace(made.application, framework="django"))
    assert dict(tables_by_domain(made)) == {"shop": ("a_x", "a_x_tags"), "lending": ("b_y",)}


def test_files_of_several_models_are_the_domains_that_the_authors_drew() -> None:
    places = {"room.prisma": ("rooms", "doors", "keys"), "schema.prisma": ("users", "zebras", "payments")}
    made = survey(
        *(
            replace(table(name), model=name, origin=Origin(f"prisma/schema/{path}"))
            for path, names in places.items()
            for name in names
        )
    )
    assert dict(tables_by_domain(made)) == {
        "room": ("doors", "keys", "rooms"),
        "accounts": ("users",),
        "billing": ("payments",),
        "other": ("zebras",),
    }


def test_what_belongs_to_a_person_is_no_account() -> None:
    made = survey(table("users"), table("zebras", references="users"))
    assert dict(tables_by_domain(made)) == {"accounts": ("users",), "other": ("zebras",)}
