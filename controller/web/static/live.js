// Keeps a page true: replaces what changed, sends forms without leaving the page.
// Responsible for the stream, the merge and the answers. Every page works without it.
"use strict";
(() => {
  const page = document.body.dataset.page;
  const live = document.getElementById("live");
  const lost = document.getElementById("lost");
  const said = document.getElementById("said");
  const SAID_MS = 7000, BUSY_MS = 1200, LOST_AFTER_MS = 2500;
  let token = document.querySelector("input[name=token]")?.value || "";
  let quiet = 0, losing = 0;

  function tell(words, bad) {
    said.textContent = words;
    said.className = "said seen" + (bad ? " bad" : "");
    clearTimeout(quiet);
    quiet = setTimeout(() => { said.className = "said"; said.textContent = ""; }, SAID_MS);
  }

  // --- merging new HTML into the page without touching what did not change ---------------

  const keyOf = (node) => node.nodeType === 1 ? node.id || node.dataset.key || "" : "";
  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

  function mergeAttributes(old, fresh) {
    const keep = (name) => name === "data-busy" || (old.nodeName === "DETAILS" && name === "open") ||
      ((old.nodeName === "INPUT" || old.nodeName === "OPTION") && old.type !== "hidden" && (name === "value" || name === "selected"));
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !keep(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value && !keep(name)) old.setAttribute(name, value);
  }

  function merge(old, fresh) {
    if (old.nodeType !== 1) { if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue; return; }
    mergeAttributes(old, fresh);
    const keys = new Set([...fresh.childNodes].map(keyOf).filter(Boolean));
    for (const child of [...old.childNodes]) if (keyOf(child) && !keys.has(keyOf(child))) child.remove();
    const known = new Map([...old.childNodes].filter(keyOf).map((child) => [keyOf(child), child]));
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const twin = keyOf(child) ? known.get(keyOf(child)) : at && !keyOf(at) && alike(at, child) ? at : null;
      if (twin && alike(twin, child)) {
        if (twin !== at) old.insertBefore(twin, at); else at = at.nextSibling;
        merge(twin, child);
      } else if (!keyOf(child) && at && !keyOf(at) && at.nodeName !== "FORM") {
        const next = at.nextSibling;
        old.replaceChild(child, at);
        at = next;
      } else {
        old.insertBefore(child, at);
      }
    }
    while (at) { const next = at.nextSibling; at.remove(); at = next; }
  }

  // --- the stream --------------------------------------------------------------------------

  function away() {
    if (losing) return;
    const since = new Date().toTimeString().slice(0, 5);
    losing = setTimeout(() => {
      lost.hidden = false;
      lost.textContent = `This screen has lost its own connection at ${since}. The button on the machine still works.`;
    }, LOST_AFTER_MS);
  }

  function back() {
    clearTimeout(losing);
    losing = 0;
    lost.hidden = true;
  }

  if (page && live) {
    const stream = new EventSource(`/live/${page}${document.body.dataset.everything ? "?everything=true" : ""}`);
    stream.addEventListener("error", away);
    stream.addEventListener("hello", (event) => { token = JSON.parse(event.data); back(); });
    stream.addEventListener("scene", (event) =>
      document.dispatchEvent(new CustomEvent("scene", { detail: JSON.parse(event.data) })));
    stream.addEventListener("page", (event) => {
      back();
      const parsed = new DOMParser().parseFromString(`<main>${JSON.parse(event.data)}</main>`, "text/html");
      const fresh = parsed.querySelector("main");
      for (const { name, value } of live.attributes) fresh.setAttribute(name, value);
      merge(live, fresh);
    });
  }

  // --- forms -------------------------------------------------------------------------------

  async function send(path, form) {
    form.set("token", token);
    try {
      const answer = await fetch(path, { method: "POST", body: form, headers: { Accept: "application/json" } });
      const body = await answer.json();
      if (!body.ok) tell(body.why, true);
      return body.ok;
    } catch {
      tell("That did not arrive. Look here before you try again.", true);
      return false;
    }
  }

  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target, button = event.submitter;
    if (button?.dataset.busy) return;
    if (button) button.dataset.busy = "1";
    const path = new URL(button?.hasAttribute("formaction") ? button.formAction : form.action).pathname;
    const granted = await send(path, new FormData(form, button));
    if (granted && path.startsWith("/wish/")) {
      tell("Noted.");
      if (!form.classList.contains("atwork")) form.reset();
      form.closest("details")?.removeAttribute("open");
    }
    setTimeout(() => { if (button) delete button.dataset.busy; }, BUSY_MS);
  });

  document.addEventListener("hand", (event) => send(`/hand/${event.detail}`, new FormData()));
})();
