from django import forms
from django.core.exceptions import ValidationError

from .editorjs import from_text
from .models import JournalEntry, Tag
from .tagging import set_tags, tag_names
from .validators import validate_tag_name


class SearchForm(forms.Form):
    search = forms.CharField(max_length=100, required=False)
    tags = forms.CharField(max_length=500, required=False)
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))


class EntryForm(forms.ModelForm):
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 20}))
    tags = forms.CharField(max_length=1000, required=False, help_text="Divided by commas.")

    class Meta:
        model = JournalEntry
        fields = ["title", "is_public"]
        labels = {"is_public": "Show this entry to everybody"}

    field_order = ["title", "text", "tags", "is_public"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.content:
            self.initial["text"] = self.instance.text
            self.initial["tags"] = ", ".join(tag.name for tag in self.instance.tags.all())

    def clean_tags(self):
        names = tag_names(self.cleaned_data["tags"])
        for name in names:
            validate_tag_name(name)
            if len(name) > 100:
                raise ValidationError("A tag has at most 100 characters.")
        return names

    def save(self, commit=True):
        self.instance.content = from_text(self.cleaned_data["text"])
        entry = super().save(commit=commit)
        if commit:
            set_tags(entry, self.cleaned_data["tags"])
        return entry


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ["name"]
