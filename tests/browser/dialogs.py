"""The dialogs that a page opened: hostile text that came alive would."""

from playwright.sync_api import Dialog, Page


def dialogs_of(page: Page) -> list[str]:
    """What they say, from now on; each is dismissed."""
    said: list[str] = []

    def note(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    return said
