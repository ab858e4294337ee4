from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_shared")]

    operations = [
        migrations.AlterField(
            model_name="entry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("verdict", "Verdict"),
                    ("publish", "Policy published"),
                    ("assign", "Policy assigned"),
                    ("label", "Label"),
                    ("export", "Export"),
                    ("view", "Text viewed"),
                    ("erasure", "Text erased"),
                ],
                editable=False,
                max_length=20,
            ),
        ),
    ]
