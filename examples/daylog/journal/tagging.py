from .models import Tag


def tag_names(text):
    """The names in a line of tags, each once, in the order they were written."""
    names = (name.strip() for name in text.split(","))
    return list(dict.fromkeys(name for name in names if name))


def set_tags(entry, names):
    tags = []
    for name in names:
        tag, _ = Tag.objects.get_or_create(user=entry.user, name=name)
        tags.append(tag)
    entry.tags.set(tags)
