import re

from django.core.exceptions import ValidationError


def validate_tag_name(value):
    if not re.fullmatch(r"[\w-]+(?: [\w-]+)*", value):
        raise ValidationError("A tag is made of words.")
