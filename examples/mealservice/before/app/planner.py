"""Meals for a number of days, out of the recipes of a diet."""

import random

RECIPES = {
    "vegan": ("Overnight oats", "Lentil soup", "Chickpea curry", "Tofu scramble", "Falafel wrap"),
    "vegetarian": ("Spinach omelette", "Mushroom risotto", "Greek salad", "Lentil soup", "Shakshuka"),
    "keto": ("Salmon with asparagus", "Chicken salad", "Halloumi skewers", "Egg muffins", "Beef stew"),
    "paleo": ("Turkey lettuce wrap", "Grilled trout", "Sweet potato hash", "Chicken salad", "Beef stew"),
    "balanced": ("Bean chilli", "Grilled trout", "Pasta primavera", "Chicken salad", "Shakshuka"),
}
MEALS = ("breakfast", "lunch", "dinner")


def plan_meals(diet_type, days, daily_calories, seed=None):
    choose = random.Random(seed)
    recipes = RECIPES.get(diet_type, RECIPES["balanced"])
    portion = (daily_calories or 2000) // len(MEALS)
    return {
        "days": [
            {"day": day, "meals": [{"meal": m, "name": choose.choice(recipes), "calories": portion} for m in MEALS]}
            for day in range(1, days + 1)
        ]
    }
