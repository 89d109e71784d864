from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]

    operations = [
        migrations.AddField("journalentry", "is_public", models.BooleanField(default=False)),
        migrations.AlterField("journalentry", "title", models.CharField(max_length=255)),
        migrations.AddIndex(
            "journalentry", models.Index(fields=["is_public", "-created_at"], name="journal_entry_public")
        ),
    ]
