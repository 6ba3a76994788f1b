"use strict";
// Shows the long lists of the page, a page of each at a time. All text comes from an inventory and
// is put in as text: nothing here makes markup of it.
(() => {
  const PAGE = 50;
  const PRINTED = 500;
  const byId = (id) => document.getElementById(id);
  const read = (node) => JSON.parse(node.textContent);
  const number = (count) => count.toLocaleString("en-US");

  /** An element with classes and children, which are elements or texts. */
  function make(name, classes, ...children) {
    const node = document.createElement(name);
    if (classes) node.className = classes;
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  const badge = (word, text = word) => make("span", `badge ${word}`, text);
  const code = (text) => make("code", "", text);

  /** A definition list; what is null isn't listed. */
  function definitions(entries) {
    const list = make("dl", "");
    for (const [name, value] of entries) {
      if (value === null || value === "") continue;
      list.append(make("dt", "", name), make("dd", "", value));
    }
    return list;
  }

  /** A line of a list that opens to what `inside` makes, which is made when it is opened. */
  function line(badges, said, meta, inside) {
    const texts = make("span", "", make("span", "said", said), make("span", "meta", meta));
    const summary = make("summary", "", make("span", "badges", ...badges), texts);
    const node = make("details", "", summary);
    node.addEventListener("toggle", () => {
      if (node.open && node.children.length === 1) node.append(make("div", "opened", inside()));
    });
    return node;
  }

  /** A list of which a page is in the document. */
  function pages(place, noun, all, show) {
    const said = make("p", "");
    said.setAttribute("role", "status");
    const list = make("div", "list");
    const buttons = ["First", "Previous", "Next", "Last"].map((word) => {
      const button = make("button", "", word);
      button.type = "button";
      return button;
    });
    const head = make("div", "pager", said, ...buttons);
    place.append(head, list);
    let [chosen, at, size] = [all, 0, PAGE];

    function render() {
      const last = Math.max(0, Math.ceil(chosen.length / size) - 1);
      at = Math.min(Math.max(at, 0), last);
      const from = at * size;
      const shown = chosen.slice(from, from + size);
      list.replaceChildren(...shown.map(show));
      if (shown.length === 0) list.append(make("p", "none", all.length === 0 ? "None." : "None fits."));
      const of = chosen.length === all.length ? "" : `, of ${number(all.length)} in all`;
      const range = shown.length > 0 ? `: ${number(from + 1)}–${number(from + shown.length)} shown` : "";
      said.textContent = `${number(chosen.length)} ${noun}${of}${range}`;
      place.dataset.chosen = chosen.length;
      place.dataset.all = all.length;
      buttons.forEach((button, which) => {
        button.disabled = which < 2 ? at === 0 : at === last;
        button.hidden = last === 0;
      });
    }
    const targets = [() => 0, () => at - 1, () => at + 1, () => Infinity];
    buttons.forEach((button, which) => button.addEventListener("click", () => {
      at = targets[which]();
      render();
    }));
    // On paper there are no further pages.
    addEventListener("beforeprint", () => { [at, size] = [0, PRINTED]; render(); });
    addEventListener("afterprint", () => { size = PAGE; render(); });
    render();
    return {
      choose(some) { [chosen, at] = [some, 0]; render(); },
      /** Opens an entry, on whatever page it is. */
      open(entry) {
        const place = chosen.indexOf(entry);
        if (place < 0) return;
        at = Math.floor(place / size);
        render();
        const node = list.children[place % size];
        node.open = true;
        node.scrollIntoView({ block: "start" });
        node.firstElementChild.focus();
      },
    };
  }

  const thing = ({ type, id }) => `${type} ${id}`;

  // What the page has. Findings come as rows, to be short.
  const rules = new Map(read(byId("data-rules")).map((rule) => [rule.id, rule]));
  const controls = new Map(read(byId("data-controls")).map((control) => [control.id, control]));
  const exceptions = read(byId("data-exceptions"));
  const blocks = [...document.querySelectorAll("script.details")];
  const findings = read(byId("data-findings")).map((row, at) => {
    const [id, rule, status, severity, mark, message, principal, resource, system, owner, overdue] = row;
    return {
      at, id, rule, status, severity, mark, message, system, overdue,
      person: principal.join(" "),
      resource: resource.join(" "),
      owner: `${owner[2]} (${owner[0]} ${owner[1]})`,
      accountable: owner[2],
      search: null,
    };
  });

  /** What is in a block of its own, by the place of the finding. */
  const blockSize = blocks.length > 0 ? read(blocks[0]).length : 1;
  let [readBlock, readDetails] = [-1, []];
  function details(finding) {
    const block = Math.floor(finding.at / blockSize);
    if (block !== readBlock) [readBlock, readDetails] = [block, read(blocks[block])];
    return readDetails[finding.at % blockSize];
  }

  function overdue(days) {
    if (days === null) return null;
    if (days <= 0) return "not overdue yet";
    return days === 1 ? "1 day overdue" : `${number(days)} days overdue`;
  }

  function value(fact) {
    if (fact === null) return "(missing)";
    if (Array.isArray(fact)) return fact.length > 0 ? fact.map(value).join(", ") : "(none)";
    return typeof fact === "object" ? thing(fact) : String(fact);
  }

  function facts(map) {
    const body = make("tbody", "");
    for (const [path, fact] of Object.entries(map)) {
      const head = make("th", "", code(path));
      head.scope = "row";
      body.append(make("tr", "", head, make("td", "", value(fact))));
    }
    return make("table", "values", body);
  }

  function control(id) {
    const known = controls.get(id);
    const about = known ? ` ${known.title} (${known.framework})` : "";
    return make("li", "", code(id), about);
  }

  function waiver(id) {
    const known = exceptions.find((exception) => exception.id === id);
    if (!known) return code(id);
    const until = known.expires_at ? `, until ${known.expires_at}` : "";
    const by = known.approved_by ? `, approved by ${known.approved_by}` : "";
    return make("span", "", code(id), ` ${known.reason ?? "no reason given"}${by}${until}`);
  }

  function place({ file, line, column, pointer }) {
    return make("span", "", code(`${file}:${line}:${column}`), ` ${pointer}`);
  }

  function opened(finding) {
    const more = details(finding);
    const rule = rules.get(finding.rule);
    const since = [more.since, overdue(finding.overdue)].filter((text) => text !== null).join(", ");
    return definitions([
      ["Rule", make("span", "", code(finding.rule), rule ? ` ${rule.title}` : "")],
      ["Since", since || "not known"],
      ["Accountable", finding.owner],
      ["Question", `may ${finding.person} ${more.action} ${finding.resource}?`],
      ["Path", make("ul", "path", ...more.path.map((step) => make("li", "", thing(step))))],
      ["Exception", more.exception === null ? null : waiver(more.exception)],
      ["Facts", facts(more.facts)],
      ["Remediation", rule ? rule.remediation : null],
      ["Why this rule", rule ? rule.rationale : null],
      ["Controls", make("ul", "", ...more.controls.map(control))],
      ["Place", place(more.location)],
      ["Id", code(finding.id)],
    ]);
  }

  const STATUS = new Map([["indeterminate", "not judged"], ["waived", "waived"]]);

  function findingLine(finding) {
    const badges = [
      badge(finding.severity),
      STATUS.has(finding.status) ? badge(finding.status, STATUS.get(finding.status)) : null,
      finding.mark ? badge(finding.mark) : null,
    ];
    const meta = [finding.rule, finding.system, finding.resource, finding.accountable, overdue(finding.overdue)];
    const said = meta.filter((text) => text !== null).join(" · ");
    return line(badges, finding.message, said, () => opened(finding));
  }

  const findingPages = pages(byId("findings-list"), "findings", findings, findingLine);

  // Filters. A selection fits exactly; what is written fits exactly where such a value exists, and
  // else wherever it is part of one.
  const form = byId("filters");
  const SELECTED = ["severity", "status", "mark", "rule"];
  const WRITTEN = ["system", "owner", "person"];
  const SEVERITIES = ["critical", "high", "medium", "low"];
  const known = new Map();
  for (const name of [...SELECTED, ...WRITTEN]) {
    known.set(name, [...new Set(findings.map((finding) => finding[name] ?? ""))].filter(Boolean).sort());
  }
  known.set("severity", SEVERITIES);
  known.set("control", [...controls.keys()]);
  for (const name of [...SELECTED, "control"]) {
    const field = form.elements[name];
    field?.append(...known.get(name).map((word) => new Option(STATUS.get(word) ?? word, word)));
  }

  /** Proposes some values that fit; all of them could be very many. */
  function propose(name) {
    const text = form.elements[name].value.toLowerCase();
    const some = known.get(name).filter((word) => word.toLowerCase().includes(text)).slice(0, 50);
    byId(`list-${name}`).replaceChildren(...some.map((word) => new Option("", word)));
  }
  for (const name of WRITTEN) propose(name);

  function tests() {
    const tests = [];
    for (const name of SELECTED) {
      const wanted = form.elements[name]?.value;
      if (wanted) tests.push((finding) => finding[name] === wanted);
    }
    for (const name of WRITTEN) {
      const text = form.elements[name].value.trim();
      if (!text) continue;
      const exact = known.get(name).includes(text);
      const part = text.toLowerCase();
      const fits = exact ? (word) => word === text : (word) => word.toLowerCase().includes(part);
      tests.push((finding) => fits(finding[name] ?? ""));
    }
    const wanted = form.elements.control.value;
    if (wanted) tests.push((finding) => rules.get(finding.rule)?.controls.includes(wanted));
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length > 0) {
      tests.push((finding) => {
        const { id, rule, message, system, person, resource, owner } = finding;
        finding.search ??= [id, rule, message, system, person, resource, owner].join("\n").toLowerCase();
        return words.every((word) => finding.search.includes(word));
      });
    }
    return tests;
  }

  function filter() {
    const all = tests();
    let chosen = all.length > 0 ? findings.filter((finding) => all.every((test) => test(finding))) : findings;
    if (form.elements.order.value === "overdue") {
      chosen = [...chosen].sort((a, b) => (b.overdue ?? -Infinity) - (a.overdue ?? -Infinity) || a.at - b.at);
    }
    findingPages.choose(chosen);
  }

  let waiting = 0;
  form.addEventListener("input", (event) => {
    if (WRITTEN.includes(event.target.name)) propose(event.target.name);
    clearTimeout(waiting);
    waiting = setTimeout(filter, 100);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;

  // What is counted above leads to what was counted.
  document.addEventListener("click", (event) => {
    // The same finding once more: its address doesn't change.
    const again = event.target.closest("a[href^='#f-']");
    if (again && again.hash === location.hash) follow();
    const link = event.target.closest("a[data-filter]");
    if (!link) return;
    form.reset();
    const { filter: name, value: wanted } = link.dataset;
    // Leavers are counted with what an exception lets them keep.
    if (name !== "status") form.elements.status.value = name === "person" ? "" : "violation";
    form.elements[name].value = wanted;
    filter();
  });

  function follow() {
    if (!location.hash.startsWith("#f-")) return;
    const id = location.hash.slice(3);
    const finding = findings.find((finding) => finding.id === id);
    if (!finding) return;
    form.reset();
    findingPages.choose(findings);
    findingPages.open(finding);
  }
  addEventListener("hashchange", follow);
  follow();

  // The register of exceptions, and what the baseline no longer finds.
  function exceptionLine(exception) {
    const subject = exception.principal ? ` of ${thing(exception.principal)}` : "";
    const { state, expires_at: until } = exception;
    const meta = [
      exception.id, exception.kind, until ? `until ${until}` : "no end",
      `fits ${number(exception.matched)}`, `waives ${number(exception.waived)}`,
    ];
    return line(
      [badge(state)],
      `${exception.rule}: ${thing(exception.resource)}${subject}`,
      meta.filter((text) => text !== null).join(" · "),
      () => definitions([
        ["State", state],
        ["Why", exception.why.join(" ")],
        ["Refused by", exception.refused_by.join(", ")],
        ["Reason", exception.reason ?? "not given"],
        ["Kind", exception.kind],
        ["Approved by", exception.approved_by ?? "nobody"],
        ["Approved at", exception.approved_at],
        ["Expires at", until ?? "never said"],
        ["Ticket", exception.ticket],
        ["Compensating control", exception.compensating_control],
        ["Findings that it fits", number(exception.matched)],
        ["Findings that it waives", number(exception.waived)],
        ["Earlier ones for the same", number(exception.renewals)],
        ["Place", place(exception.location)],
      ]),
    );
  }
  pages(byId("exceptions-list"), "exceptions", exceptions, exceptionLine);

  if (byId("resolved-list")) {
    pages(byId("resolved-list"), "findings", read(byId("data-resolved")), (resolved) => line(
      [badge(resolved.severity)],
      `${thing(resolved.principal)} → ${thing(resolved.resource)}`,
      resolved.rule,
      () => definitions([
        ["Rule", make("span", "", code(resolved.rule), ` ${rules.get(resolved.rule)?.title ?? ""}`)],
        ["Id", code(resolved.id)],
      ]),
    ));
  }

  // Light or dark: as the system has it, until somebody chooses.
  const theme = byId("theme");
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    name();
  });
  system.addEventListener("change", name);
  theme.hidden = false;
  theme.setAttribute("aria-description", "Changes the colors of the page");
  name();
})();
