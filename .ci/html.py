#!/usr/bin/env python3
"""Opens HTML reports in a browser and holds them to what they promise.

    html.py REPORT.html=NUMBER_OF_FINDINGS...

It needs Playwright for Python, and Chromium (CHROMIUM, or the one on the path). Any broken promise
ends it with status 1, after all pages have been tried.
"""

import os
import shutil
import sys
import time
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

# Elements that a report is made of; a name of the inventory that became markup would add others.
KNOWN = set(
    "html head meta title style body a header p b span nav button main section div h1 h2 h3 dl dt dd"
    " time small ul li table caption thead tbody tr th td svg rect form label input select option"
    " datalist details summary code noscript footer script".split()
)
MOST_NODES = 20_000

# WCAG contrast of every text with the color behind it.
CONTRAST = """() => {
  const parse = (color) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const part = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const [red, green, blue] = parse(color).map(part);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const seen = new Map();
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    // A control that can't be used is exempt.
    if (!own || node.disabled || !node.checkVisibility() || node.closest("option, datalist")) continue;
    let behind = node;
    while (behind && parse(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const key = getComputedStyle(node).color + " on " + getComputedStyle(behind ?? document.body).backgroundColor;
    if (!seen.has(key)) {
      const [a, b] = key.split(" on ").map(light);
      seen.set(key, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
      if (seen.get(key) < 4.5) poor.push(`${node.tagName} ${key}: ${seen.get(key).toFixed(2)}`);
    }
  }
  return poor;
}"""


def check(browser, path, expected, scheme):
    """Yields what is wrong."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    said, requests = [], []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (said.append("a dialog"), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    address = Path(path).resolve().as_uri()
    begun = time.monotonic()
    page.goto(address)
    loaded = time.monotonic() - begun
    page.wait_for_timeout(200)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")

    place = page.locator("#findings-list")
    count = lambda: int(place.get_attribute("data-chosen") or -1)
    status = lambda: page.locator("#findings-list [role=status]").inner_text()
    # Not by a function: the page's policy lets no text become code.
    until = lambda number: page.locator(f'#findings-list[data-chosen="{number}"]').wait_for(timeout=10_000)
    nodes = lambda: page.evaluate("document.querySelectorAll('*').length")
    print(f"{path} ({scheme}): {count()} findings, {nodes()} nodes, first paint after {paint:.0f} ms, loaded after {loaded:.2f} s")
    if count() != expected:
        yield f"{count()} findings are listed, not {expected}"
    if not status().startswith(f"{expected:,} findings"):
        yield f"it says: {status()}"
    if nodes() > MOST_NODES:
        yield f"{nodes()} nodes"

    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    if levels[0] != 1 or levels.count(1) != 1 or any(b > a + 1 for a, b in zip(levels, levels[1:])):
        yield f"headings are out of order: {levels}"
    yield from (f"poor contrast: {poor}" for poor in page.evaluate(CONTRAST))
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "it is wider than the window"

    if expected > 0:
        # The keyboard opens a finding.
        page.locator("#findings-list summary").first.focus()
        page.keyboard.press("Enter")
        opened = page.locator("#findings-list details[open] .opened")
        opened.first.wait_for(timeout=10_000)
        for part in ["Facts", "Path", "Place", "Remediation", "Controls"]:
            if opened.first.locator("dt", has_text=part).count() == 0:
                yield f"an open finding has no {part}"
        identifier = opened.first.locator("dd").last.inner_text()

        # A search that fits one finding shows that one, and one that fits none shows none.
        search = page.locator("#filters [name=text]")
        search.fill(identifier)
        until(1)
        search.fill("nothing is called so \u2603")
        until(0)
        page.locator("#filters [type=reset]").click()
        until(expected)

        # The severities are all of them.
        total = 0
        for severity in ["critical", "high", "medium", "low"]:
            before = status()
            page.select_option("#filters [name=severity]", severity)
            page.wait_for_timeout(300)
            total += count()
        if total != expected:
            yield f"by severity there are {total}, not {expected}"
        page.locator("#filters [type=reset]").click()
        page.wait_for_timeout(300)

        # What the first screen counts is what its links lead to.
        for link in page.locator("table.bars a[data-filter]").all():
            number = int(link.locator("xpath=ancestor::tr").locator(".number").inner_text().replace(",", ""))
            link.click()
            name = link.get_attribute("data-filter")
            # Leavers are counted by what they hold; the list has all of a person's findings.
            if count() != number and not (name == "person" and count() > number):
                yield f"{link.inner_text()} is {number} above, and {count()} in the list"
        page.locator("#filters [type=reset]").click()
        page.wait_for_timeout(300)

    names = set(page.evaluate("[...new Set([...document.querySelectorAll('*')].map(n => n.localName))]"))
    if names - KNOWN:
        yield f"elements that a report doesn't have: {names - KNOWN}"
    handlers = page.evaluate("[...document.querySelectorAll('*')].flatMap(n => n.getAttributeNames()).filter(n => /^on|^style$/.test(n))")
    if handlers:
        yield f"attributes that a report doesn't have: {handlers}"
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").click()
    if page.evaluate("getComputedStyle(document.body).backgroundColor") == before:
        yield "the colors don't change"
    yield from said
    yield from (f"it asked for {url}" for url in requests if url != address)
    context.close()

    # Without scripts it says how many there are.
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    if f"This page has {expected:,} findings" not in page.locator("#findings").inner_text():
        yield "without scripts it doesn't say how many findings there are"
    context.close()


def main(arguments):
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not arguments or not chromium:
        sys.exit(__doc__)
    faults = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for argument in arguments:
            path, _, expected = argument.rpartition("=")
            for scheme in ["light", "dark"]:
                try:
                    for fault in check(browser, path, int(expected), scheme):
                        faults.append(f"{path} ({scheme}): {fault}")
                except Error as error:
                    faults.append(f"{path} ({scheme}): {error}")
        browser.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
