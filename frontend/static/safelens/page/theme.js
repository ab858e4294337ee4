/**
 * Light, dark, or as the system is: kept in this browser. A plain script in the page's head, behind the style
 * sheets, so that nothing is painted in the wrong colours first. Style sheets say what is dark in a media rule;
 * the rule is rewritten to hold always or never.
 */
{
  const KEPT = "safelens theme";
  const QUERY = "(prefers-color-scheme: dark)";
  const THEMES = ["system", "light", "dark"];
  /** @type {Map<CSSMediaRule, string>} */
  const rules = new Map();

  const kept = () => {
    try {
      const theme = localStorage.getItem(KEPT) ?? "";
      return THEMES.includes(theme) ? theme : "system";
    } catch {
      return "system";
    }
  };

  /** @param {string} theme */
  const apply = (theme) => {
    for (const sheet of document.styleSheets) {
      for (const rule of sheet.cssRules) {
        if (rule instanceof CSSMediaRule && rule.media.mediaText.includes(QUERY)) rules.set(rule, rule.media.mediaText);
      }
    }
    for (const [rule, said] of rules) {
      rule.media.mediaText = theme === "system" ? said : said.replace(QUERY, theme === "dark" ? "all" : "not all");
    }
    document.documentElement.dataset["theme"] = theme;
    document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
    document.dispatchEvent(new Event("themechange"));
  };

  let theme = kept();
  apply(theme);

  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!(button instanceof HTMLButtonElement)) return;
    const tell = () => {
      const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      const words = theme === "system" ? "as the system is" : theme;
      button.setAttribute("aria-label", `Theme: ${words}`);
      button.title = `Theme: ${words}. Next: ${next === "system" ? "as the system is" : next}`;
    };
    tell();
    button.hidden = false;
    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
      apply(theme);
      tell();
      try {
        localStorage.setItem(KEPT, theme);
      } catch {
        // A browser that keeps nothing has it until the page is left.
      }
    });
    // Another window changed it.
    addEventListener("storage", (event) => {
      if (event.key !== KEPT) return;
      theme = kept();
      apply(theme);
      tell();
    });
  });
}
