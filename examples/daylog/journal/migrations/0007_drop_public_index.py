from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0006_public_entries")]

    operations = [migrations.RemoveIndex("journalentry", "journal_entry_public")]
