"""EditorJS's documents, and the plain text that the web pages edit."""


def from_text(text):
    """Paragraphs are divided by empty lines; `# ` begins a heading, `- ` the items of a list."""
    blocks = []
    for part in text.replace("\r\n", "\n").split("\n\n"):
        part = part.strip()
        if part.startswith("# "):
            blocks.append({"type": "header", "data": {"text": part[2:], "level": 2}})
        elif part.startswith("- "):
            items = [line.removeprefix("- ") for line in part.splitlines()]
            blocks.append({"type": "list", "data": {"style": "unordered", "items": items}})
        elif part:
            blocks.append({"type": "paragraph", "data": {"text": part}})
    return {"blocks": blocks}


def to_text(content):
    parts = []
    for block in content["blocks"]:
        data = block["data"]
        if block["type"] == "header":
            parts.append(f"# {data['text']}")
        elif block["type"] == "list":
            parts.append("\n".join(f"- {item}" for item in data["items"]))
        else:
            parts.append(data.get("text", ""))
    return "\n\n".join(parts)
