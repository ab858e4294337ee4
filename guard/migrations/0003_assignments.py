import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Nothing changes in the database: what forms say, and what happens when a group is removed."""

    dependencies = [("guard", "0002_published_stays"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.AlterField(
            model_name="assignment",
            name="group",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="auth.group",
            ),
        ),
        migrations.AlterField(
            model_name="policy",
            name="name",
            field=models.CharField(
                help_text="As verdicts have it: it stays, once a version is published.",
                max_length=100,
                unique=True,
            ),
        ),
        migrations.AlterConstraint(
            model_name="assignment",
            name="assigned_to_one",
            constraint=models.CheckConstraint(
                condition=Q(group=None) | Q(token=None),
                name="assigned_to_one",
                violation_error_message="Choose a group or a token, not both; neither is everybody.",
            ),
        ),
    ]
