from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_longer_tag_names")]

    operations = [migrations.AlterField("journalentry", "title", models.CharField(max_length=255))]
