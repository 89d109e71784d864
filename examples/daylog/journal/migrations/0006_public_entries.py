from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0005_longer_titles")]

    operations = [
        migrations.AddField("journalentry", "is_public", models.BooleanField(default=False)),
        migrations.AddIndex(
            "journalentry", models.Index(fields=["is_public", "-created_at"], name="journal_entry_public")
        ),
    ]
