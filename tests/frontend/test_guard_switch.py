"""What the settings say of the guard: as the policies have it for this user."""

from typing import Any

from django.contrib.auth.models import Group

from frontend.guard_switch import GuardSwitch, guard_switch
from guard.models import Assignment
from tests.guard.audit.gated import published
from tests.people import PeopleTest


class GuardSwitchTest(PeopleTest):
    def stands(self, asked: bool = False, group: Group | None = None, **spec: Any) -> GuardSwitch:
        Assignment.objects.create(policy=published(**spec).policy, group=group, asked=asked)
        return guard_switch(self.owner.pk)

    def test_without_a_policy_there_is_nothing_to_switch(self) -> None:
        assert guard_switch(self.owner.pk) == GuardSwitch(False, False, True, None)
        page = self.as_owner.get("/")
        self.assertContains(page, "There is no guard for this model yet.")
        self.assertNotContains(page, 'data-site="on"')

    def test_a_mandatory_guard_stays_on(self) -> None:
        assert self.stands(optional=False) == GuardSwitch(True, True, False, 0.5)
        page = self.as_owner.get("/")
        self.assertContains(page, "This site keeps it on.")
        self.assertContains(page, 'role="switch" checked data-site="on" disabled')
        self.assertContains(page, "0 to 0.5: lower is stricter")

    def test_an_optional_guard_may_be_switched_off(self) -> None:
        assert self.stands(optional=True) == GuardSwitch(True, True, True, 0.5)
        page = self.as_owner.get("/")
        self.assertContains(page, "unless you switch it off")
        self.assertContains(page, 'role="switch" checked data-site="on" aria')

    def test_one_for_whoever_asks_may_be_switched_on(self) -> None:
        found = self.stands(asked=True, optional=True)
        assert (found.on, found.may_switch_on) == (False, True)
        self.assertContains(self.as_owner.get("/"), "unless you switch it on")

    def test_a_group_s_guard_is_the_group_s(self) -> None:
        group = Group.objects.create(name="class")
        self.stranger.groups.add(group)
        assert not self.stands(group=group, optional=False).on
        assert guard_switch(self.stranger.pk).is_fixed

    def test_a_shadow_is_no_guard_for_users(self) -> None:
        assert not self.stands(shadow=True).on
