import journal.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_tag_name_in_words")]

    operations = [
        migrations.AlterField(
            "tag", "name", models.CharField(max_length=100, validators=[journal.validators.validate_tag_name])
        ),
    ]
