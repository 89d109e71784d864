import journal.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_entry_order")]

    operations = [
        migrations.AlterField(
            "tag", "name", models.CharField(max_length=50, validators=[journal.validators.validate_tag_name])
        ),
    ]
