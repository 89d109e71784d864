"""What a request may say; anything else is answered with 400."""

from datetime import datetime

from flask import abort, request

from .models import CALORIES, DAYS, DIETS, TIERS

PAGE = 50
LONGEST_EMAIL = 120
LONGEST_NAME = 200
LONGEST_PASSWORD = 72


def account():
    data = request.get_json()
    email, password = text(data, "email", LONGEST_EMAIL).lower(), text(data, "password", LONGEST_PASSWORD)
    if "@" not in email:
        abort(400, "email is not an address")
    return {"email": email, "password": password}


def registration():
    name = request.get_json().get("name")
    return {**account(), "name": None if name is None else text({"name": name}, "name", 100)}


def plan():
    data = request.get_json()
    diet = data.get("diet_type")
    if diet is not None and diet not in DIETS:
        abort(400, "diet_type is unknown")
    calories = data.get("daily_calories")
    return {
        "name": text(data, "name", LONGEST_NAME),
        "diet_type": diet,
        "days": number(data.get("days", 7), "days", DAYS),
        "daily_calories": None if calories is None else number(calories, "daily_calories", CALORIES),
        "meal_data": meals(data.get("meals")),
    }


def plan_changes():
    data = request.get_json()
    changes = {}
    if "name" in data:
        changes["name"] = text(data, "name", LONGEST_NAME)
    if "daily_calories" in data:
        changes["daily_calories"] = number(data["daily_calories"], "daily_calories", CALORIES)
    if "is_public" in data:
        changes["is_public"] = data["is_public"] is True
    return changes


def tier():
    wanted = request.get_json().get("tier")
    if wanted not in TIERS:
        abort(400, "tier is unknown")
    return wanted


def meals(value):
    if value is not None and not (isinstance(value, dict) and isinstance(value.get("days"), list)):
        abort(400, "meals is not a plan")
    return value


def text(data, name, longest):
    value = data.get(name)
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= longest:
        abort(400, f"{name} has 1 to {longest} characters")
    return value.strip()


def number(value, name, allowed):
    lowest, highest = allowed
    if not isinstance(value, int) or not lowest <= value <= highest:
        abort(400, f"{name} is a number from {lowest} to {highest}")
    return value


def page():
    """The moment before which a list goes on: its last row's, of the page that was shown."""
    try:
        return datetime.fromisoformat(request.args["before"]) if "before" in request.args else None
    except ValueError:
        abort(400, "before is not a moment")
