// Browsing of samples. Text of models reaches the page through textContent alone.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 20, DIFF_WORDS = 900;
  const byId = (id) => document.getElementById(id);
  const [TASK, KEY, PROMPT, TARGET, ANSWERS, JUDGED, FLIPS] = [0, 1, 2, 3, 4, 5, 6];
  const controls = { text: byId("f-text"), model: byId("f-model"), change: byId("f-change"), task: byId("f-task"),
    finding: byId("f-finding"), severity: byId("f-severity") };
  const references = new Set(data.entries.flatMap((entry) => entry[FLIPS].map((f) => f[1])));
  // What a button of the report asked for, beyond the fields: a rule's samples, or moves of one metric against one model.
  let rule = null, moves = null, found = [], shown = 0;

  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const fill = (select, names, values) => {
    select.append(new Option("any", ""), ...names.map((name, i) => new Option(name, values ? values[i] : i)));
  };

  // ---- what is asked for

  const asked = () => ({
    text: controls.text.value.trim().toLowerCase(), change: controls.change.value, severity: controls.severity.value,
    model: controls.model.value === "" ? null : +controls.model.value,
    task: controls.task.value === "" ? null : +controls.task.value,
    finding: controls.finding.value,
  });

  const judgementsOf = (entry, model) => entry[JUDGED].filter((j) => model === null || j[0] === model);
  const flipsOf = (entry, model) => entry[FLIPS].filter((f) => (model === null || f[0] === model)
    && (moves === null || (f[1] === moves.reference && f[2] === moves.metric)));

  const changed = (entry, want) => {
    if (want.change === "") return true;
    if (want.change === "failed") return judgementsOf(entry, want.model).some((j) => j[2] === "fail");
    if (want.change === "unjudged") return judgementsOf(entry, want.model).some((j) => j[2] === "unscorable" || j[2] === "error");
    const sign = { lost: -1, gained: 1, moved: 0 }[want.change];
    return flipsOf(entry, want.model).some((f) => sign === 0 || f[3] === sign);
  };

  const matches = (entry, want) => {
    if (want.task !== null && entry[TASK] !== want.task) return false;
    if (want.model !== null && !entry[ANSWERS].some((a) => a[0] === want.model)) return false;
    if (!changed(entry, want)) return false;
    if (want.finding !== "" || want.severity !== "") {
      const hit = judgementsOf(entry, want.model).some((j) => j[5].some((f) => {
        const [name, severity] = data.findings[f[0]];
        return (want.finding === "" || name === want.finding) && (want.severity === "" || severity === want.severity);
      }));
      if (!hit) return false;
    }
    if (!want.text) return true;
    return [entry[KEY], entry[PROMPT], entry[TARGET], ...entry[ANSWERS].map((a) => a[1])]
      .some((part) => part.toLowerCase().includes(want.text));
  };

  const search = () => {
    const want = asked();
    const pool = rule === null ? data.entries : data.rules[rule].entries.map((i) => data.entries[i]);
    found = pool.filter((entry) => matches(entry, want));
    shown = 0;
    byId("list").replaceChildren();
    byId("count").textContent = found.length === 1 ? "1 sample" : `${found.length.toLocaleString("en")} samples`;
    if (moves !== null && found.length < moves.count) byId("count").textContent += ` of ${moves.count.toLocaleString("en")}; all are in the run folder`;
    byId("rule-filter").hidden = rule === null && moves === null;
    byId("rule-filter").firstElementChild.textContent = rule !== null ? `Samples that speak against ${data.rules[rule].words}`
      : moves !== null ? `Moved by ${data.metrics[moves.metric]}, against ${data.models[moves.reference]}` : "";
    more();
  };

  const more = () => {
    const first = byId("list").childElementCount;
    byId("list").append(...found.slice(shown, shown + PAGE).map(item));
    shown = Math.min(found.length, shown + PAGE);
    byId("more").hidden = shown >= found.length;
    return first;
  };

  // ---- one sample

  const item = (entry) => {
    const row = make("li");
    const box = make("details", "item");
    const summary = make("summary");
    const line = make("span", "line", entry[PROMPT].replace(/\s+/g, " ").slice(0, 160));
    line.dir = "auto";
    summary.append(make("span", "", data.tasks[entry[TASK]]), line, tags(entry));
    box.append(summary);
    box.addEventListener("toggle", () => { if (box.open && box.childElementCount === 1) box.append(body(entry)); });
    row.append(box);
    return row;
  };

  const tags = (entry) => {
    const list = make("span", "tags");
    const seen = new Set();
    const add = (style, text) => { if (!seen.has(text) && seen.size < 4) { seen.add(text); list.append(make("span", `tag ${style}`, text)); } };
    for (const [model, reference, , sign] of entry[FLIPS]) {
      const than = references.size > 1 ? ` vs ${data.models[reference]}` : "";
      add(sign < 0 ? "loss" : "gain", `${sign < 0 ? "▼" : "▲"} ${data.models[model]}${than}`);
    }
    for (const [model, , outcome] of entry[JUDGED]) if (outcome === "fail") add("open", `✗ ${data.models[model]}`);
    return list;
  };

  // The two answers to set side by side: what the filters or the first flip point at, and its reference.
  const pair = (entry) => {
    const answered = new Set(entry[ANSWERS].map((a) => a[0]));
    const want = rule === null ? asked().model : data.rules[rule].candidate;
    const flip = (want === null ? null : flipsOf(entry, want)[0]) || entry[FLIPS].find((f) => f[3] < 0) || entry[FLIPS][0];
    const candidate = answered.has(want) && data.candidates.includes(want) ? want : flip ? flip[0] : data.candidates.find((c) => answered.has(c));
    const reference = flip ? flip[1] : entry[ANSWERS].map((a) => a[0]).find((m) => !data.candidates.includes(m));
    return [reference, candidate];
  };

  const body = (entry) => {
    const node = make("div", "body");
    node.append(make("h4", "", "Prompt"), text([["", entry[PROMPT]]]));
    if (entry[TARGET]) node.append(make("h4", "", "Target"), text([["", entry[TARGET]]]));
    const answers = new Map(entry[ANSWERS]);
    const [reference, candidate] = pair(entry);
    const sides = make("div", "sides");
    if (answers.has(reference) && answers.has(candidate)) {
      const [left, right] = difference(answers.get(reference), answers.get(candidate));
      sides.append(side(reference, left), side(candidate, right));
      answers.delete(reference);
      answers.delete(candidate);
    }
    for (const [model, answer] of answers) sides.append(side(model, [["", answer]]));
    node.append(sides, judgements(entry));
    node.append(make("p", "muted mono", entry[KEY]));
    return node;
  };

  const side = (model, parts) => {
    const node = make("div");
    node.append(make("h4", "", data.models[model]), text(parts));
    return node;
  };

  const text = (parts) => {
    const node = make("pre", "text");
    node.dir = "auto";
    node.tabIndex = 0;
    for (const [tag, part] of parts) node.append(tag ? make(tag, "", part) : part);
    if (!node.textContent) node.append(make("span", "muted", "(empty)"));
    return node;
  };

  const judgements = (entry) => {
    const scroll = make("div", "scroll");
    const table = make("table", "plain");
    const head = table.createTHead().insertRow();
    for (const name of ["Model", "Metric", "Outcome", "Value", "Read from the answer", "Findings"]) {
      const cell = make("th", "", name);
      cell.scope = "col";
      head.append(cell);
    }
    const rows = table.createTBody();
    for (const [model, metric, outcome, value, extracted, findings] of entry[JUDGED]) {
      const row = rows.insertRow();
      const said = findings.map(([i, reason, cwe]) => `${data.findings[i][1]} ${data.findings[i][0]}${cwe ? ` (${cwe})` : ""}: ${reason}`);
      for (const cell of [data.models[model], data.metrics[metric], outcome, value ?? "–", extracted ?? "", said.join("; ")]) row.append(make("td", "", cell));
    }
    scroll.append(table);
    return scroll;
  };

  // Word difference by longest common subsequence; long texts are shown whole, unmarked.
  const difference = (a, b) => {
    const [left, right] = [a, b].map((t) => t.match(/\s*\S+|\s+/g) || []);
    if (left.length > DIFF_WORDS || right.length > DIFF_WORDS) return [[["", a]], [["", b]]];
    const width = right.length + 1;
    const table = new Uint16Array((left.length + 1) * width);
    for (let i = left.length - 1; i >= 0; i--) {
      for (let j = right.length - 1; j >= 0; j--) {
        table[i * width + j] = left[i] === right[j] ? table[(i + 1) * width + j + 1] + 1
          : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
      }
    }
    const out = [[], []];
    const push = (where, tag, word) => {
      const last = where[where.length - 1];
      if (last && last[0] === tag) last[1] += word; else where.push([tag, word]);
    };
    let i = 0, j = 0;
    while (i < left.length || j < right.length) {
      if (i < left.length && j < right.length && left[i] === right[j]) {
        push(out[0], "", left[i++]);
        push(out[1], "", right[j++]);
      } else if (j >= right.length || (i < left.length && table[(i + 1) * width + j] >= table[i * width + j + 1])) push(out[0], "del", left[i++]);
      else push(out[1], "ins", right[j++]);
    }
    return out;
  };

  // ---- wiring

  const clear = () => { rule = moves = null; for (const control of Object.values(controls)) control.value = ""; };
  const go = () => { search(); byId("samples").scrollIntoView(); byId("count").tabIndex = -1; byId("count").focus({ preventScroll: true }); };

  fill(controls.model, data.models);
  fill(controls.task, data.tasks);
  const names = [...new Set(data.findings.map((f) => f[0]))].sort();
  fill(controls.finding, names, names);
  let pending;
  controls.text.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(search, 150); });
  for (const control of Object.values(controls)) if (control !== controls.text) control.addEventListener("change", search);
  document.querySelector(".filters").addEventListener("submit", (event) => { event.preventDefault(); search(); });
  document.querySelector(".filters").addEventListener("reset", (event) => { event.preventDefault(); clear(); search(); });
  byId("rule-filter").lastElementChild.addEventListener("click", () => { rule = moves = null; search(); });
  byId("more").addEventListener("click", () => { const first = more(); byId("list").children[first].querySelector("summary").focus(); });
  for (const button of document.querySelectorAll("[data-rule]")) {
    button.addEventListener("click", () => { clear(); rule = +button.dataset.rule; go(); });
  }
  for (const button of document.querySelectorAll("[data-severity], [data-change]")) {
    button.addEventListener("click", () => {
      clear();
      controls.task.value = data.tasks.indexOf(button.dataset.task);
      controls.model.value = data.models.indexOf(button.dataset.model);
      controls.severity.value = button.dataset.severity || "";
      controls.change.value = button.dataset.change || "";
      if (button.dataset.reference) moves = { reference: data.models.indexOf(button.dataset.reference), metric: data.metrics.indexOf(button.dataset.metric), count: +button.dataset.count };
      go();
    });
  }
  for (const group of document.querySelectorAll(".tabs")) {
    const tabs = [...group.querySelectorAll("[data-view]")];
    const view = (chosen) => tabs.forEach((tab) => {
      tab.setAttribute("aria-pressed", tab === chosen);
      byId(tab.dataset.view).hidden = tab !== chosen;
    });
    tabs.forEach((tab) => tab.addEventListener("click", () => view(tab)));
    view(tabs[0]);
  }
  for (const button of document.querySelectorAll("[data-further]")) {
    const words = button.textContent;
    const fold = (folded) => {
      button.textContent = folded ? words : "Show main metrics alone";
      byId(button.dataset.further).classList.toggle("short", folded);
      button.setAttribute("aria-expanded", !folded);
    };
    button.addEventListener("click", () => fold(button.getAttribute("aria-expanded") === "true"));
    button.hidden = false;
    fold(true);
  }
  if (data.entries.some((entry) => entry[FLIPS].some((f) => f[3] < 0))) controls.change.value = "lost";
  byId("without-script").remove();
  byId("explorer").hidden = false;
  search();
})();
