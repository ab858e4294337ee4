from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0001_initial")]

    operations = [
        migrations.AddField(model_name="run", name="policies", field=models.JSONField(default=list)),
    ]
