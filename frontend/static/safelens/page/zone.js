/** Where the reader lives, for the days and hours in lists: a plain script, so that the next page knows it. */
{
  const ZONE = "safelens_zone";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`${ZONE}=${zone}`)) {
    document.cookie = `${ZONE}=${zone}; path=/; max-age=31536000; samesite=lax`;
  }
}
