// The pages work without this file. With it, times are in the reader's zone.
"use strict";

for (const element of document.querySelectorAll("time[datetime]")) {
  const instant = new Date(element.dateTime);
  if (!Number.isNaN(instant.getTime())) {
    const form = "day" in element.dataset ? { dateStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
    // A date that was chosen is the same for everybody.
    if (!element.dateTime.includes("T")) form.timeZone = "UTC";
    element.textContent = instant.toLocaleString([], form);
  }
}

// A form that is on its way is not sent once more by a second click; after a while it may be, in case nothing came of it.
for (const form of document.querySelectorAll("form[method=post]")) {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
    setTimeout(() => { isSent = false; }, 10000);
  });
  addEventListener("pageshow", () => { isSent = false; });
}

// The date beside the choice of an end is shown when it is chosen.
for (const date of document.querySelectorAll("[data-date-of]")) {
  const choice = document.getElementById(date.dataset.dateOf);
  const show = () => {
    date.hidden = choice.value !== "date";
    if (date.hidden) date.querySelector("input").value = "";
  };
  choice.addEventListener("change", show);
  show();
}

// Buttons that copy the text of a field or of lines. What came of it is said aloud too.
const said = document.createElement("p");
said.className = "unseen";
said.setAttribute("role", "status");
if (document.querySelector("[data-copy]")) document.querySelector("main").append(said);
for (const button of document.querySelectorAll("[data-copy]")) {
  const words = button.innerHTML;
  let back;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    said.textContent = "";
    try {
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
      button.textContent = "Copied";
    } catch {
      const selection = getSelection();
      selection.selectAllChildren(source);
      if (source.select) source.select();
      button.textContent = "Selected: copy it now";
    }
    said.textContent = button.textContent;
    clearTimeout(back);
    back = setTimeout(() => { button.innerHTML = words; }, 2500);
  });
}

// Sections become tabs (the pattern of the ARIA Authoring Practices Guide).
for (const group of document.querySelectorAll("[data-tabs]")) {
  const sections = [...group.querySelectorAll("section")];
  const list = document.createElement("div");
  list.className = "tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", group.dataset.tabs);
  const tabs = sections.map((section) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `tab-${section.id}`;
    tab.textContent = section.querySelector("h3").textContent;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", section.id);
    section.setAttribute("role", "tabpanel");
    section.setAttribute("aria-labelledby", tab.id);
    list.append(tab);
    return tab;
  });
  const choose = (chosen) => {
    tabs.forEach((tab, place) => {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      sections[place].hidden = tab !== chosen;
    });
  };
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(place + step + tabs.length) % tabs.length];
      choose(next);
      next.focus();
    });
  });
  group.prepend(list);
  group.classList.add("tabbed");
  choose(tabs[0]);
}

// A reload of the page with the secret leads to the token, and sends no form again; whoever comes back finds no secret. A browser that
// kept the whole page would ask to copy what is not there any more, so it goes on to the token, too.
for (const once of document.querySelectorAll("[data-once]")) {
  history.replaceState(null, "", once.dataset.once);
  addEventListener("pagehide", () => {
    for (const element of once.querySelectorAll("[data-secret]")) element.remove();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.replace(location.href);
  });
}
