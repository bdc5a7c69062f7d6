"use strict";
// Folds everything, and shows the steps of a statement one after the other: first why the next one holds, then the step.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const controls = document.querySelector(".controls");
  const toggle = document.getElementById("hints");
  const fold = (open) => all("details").forEach((it) => { it.open = open; });
  document.getElementById("fold").addEventListener("click", () => fold(false));
  document.getElementById("unfold").addEventListener("click", () => fold(true));
  addEventListener("beforeprint", () => { if (toggle.getAttribute("aria-pressed") !== "true") fold(true); });

  const show = (statement, on) => {
    const steps = all(".step", statement);
    steps.forEach((step, at) => {
      const hinted = on && at === statement.shown && statement.hint;
      step.hidden = on && at >= statement.shown && !hinted;
      step.classList.toggle("hinted", hinted);
      all(":scope > .right", step).forEach((it) => it.setAttribute("aria-hidden", String(hinted)));
    });
    all(".part, .equations", statement).forEach((part) => {
      part.hidden = all(".step", part).every((step) => step.hidden);
    });
    const next = steps[statement.shown];
    statement.bar.hidden = !on || !next;
    statement.bar.firstChild.disabled = statement.hint || !next || !next.querySelector(".why");
  };

  // What is wider than its place scrolls; then it can be reached with the keyboard.
  const reach = () => all(".scroll, .right, .why").forEach((it) => {
    if (it.dataset.label === undefined) it.dataset.label = it.getAttribute("aria-label") ?? "";
    const wide = it.scrollWidth > it.clientWidth;
    const set = (name, value) => (wide ? it.setAttribute(name, value) : it.removeAttribute(name));
    set("tabindex", "0");
    set("role", "group");
    set("aria-label", it.dataset.label || "wide formula");
  });
  addEventListener("resize", reach);
  reach();

  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  };

  const statements = all("details.statement");
  statements.forEach((statement) => {
    const bar = document.createElement("div");
    bar.className = "next";
    bar.append(
      button("Hint", () => { statement.hint = true; show(statement, true); }),
      button("Next step", () => { statement.shown += 1; statement.hint = false; show(statement, true); }),
      button("Show the rest", () => { statement.shown = all(".step", statement).length; show(statement, true); }),
    );
    statement.bar = bar;
    statement.append(bar);
    statement.setAttribute("aria-live", "polite");
    Object.assign(statement, { shown: 1, hint: false });
    show(statement, false);
  });

  toggle.addEventListener("click", () => {
    const on = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", String(on));
    statements.forEach((statement) => {
      Object.assign(statement, { shown: 1, hint: false });
      show(statement, on);
    });
    if (on) fold(true);
  });
  controls.hidden = statements.length === 0;
})();
