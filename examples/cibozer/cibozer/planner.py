"""Puts recipes together to days that meet a calorie target."""

import random

RECIPES = [
    {"name": "Overnight oats with berries", "meal": "breakfast", "calories": 380, "diets": ["vegetarian", "vegan"]},
    {"name": "Greek yogurt and walnuts", "meal": "breakfast", "calories": 320, "diets": ["vegetarian", "keto"]},
    {"name": "Spinach omelette", "meal": "breakfast", "calories": 350, "diets": ["vegetarian", "keto"]},
    {"name": "Lentil soup", "meal": "lunch", "calories": 450, "diets": ["vegetarian", "vegan"]},
    {"name": "Chicken Caesar salad", "meal": "lunch", "calories": 520, "diets": ["keto"]},
    {"name": "Falafel wrap", "meal": "lunch", "calories": 610, "diets": ["vegetarian", "vegan"]},
    {"name": "Salmon with asparagus", "meal": "dinner", "calories": 560, "diets": ["keto"]},
    {"name": "Chickpea curry", "meal": "dinner", "calories": 640, "diets": ["vegetarian", "vegan"]},
    {"name": "Mushroom risotto", "meal": "dinner", "calories": 680, "diets": ["vegetarian"]},
    {"name": "Halloumi with zucchini", "meal": "dinner", "calories": 590, "diets": ["vegetarian", "keto"]},
    {"name": "Tofu scramble", "meal": "breakfast", "calories": 340, "diets": ["vegetarian", "vegan", "keto"]},
    {"name": "Avocado salad", "meal": "lunch", "calories": 430, "diets": ["vegetarian", "vegan", "keto"]},
    {"name": "Cauliflower with tahini", "meal": "dinner", "calories": 480, "diets": ["vegetarian", "vegan", "keto"]},
]

DIETS = ("standard", "vegetarian", "vegan", "keto")
MEALS = ("breakfast", "lunch", "dinner")


def generate_plan(diet="standard", calories=2000, days=7, seed=None):
    choose = random.Random(seed)
    plan = {"diet": diet, "calories": calories, "days": []}
    for day in range(1, days + 1):
        meals = [choose.choice(candidates(meal, diet)) for meal in MEALS]
        portion = round(calories / sum(recipe["calories"] for recipe in meals), 2)
        plan["days"].append(
            {
                "day": day,
                "meals": [
                    {"meal": recipe["meal"], "name": recipe["name"], "calories": round(recipe["calories"] * portion)}
                    for recipe in meals
                ],
            }
        )
    return plan


def candidates(meal, diet):
    return [recipe for recipe in RECIPES if recipe["meal"] == meal and (diet == "standard" or diet in recipe["diets"])]
