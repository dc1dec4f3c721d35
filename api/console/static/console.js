"use strict";
// The pages work without this script. It keeps the state of a job or a group and the health up to date,
// shows the chosen files, and lets a folder be chosen.

const POLL_MS = 2000;
const GROUP_MS = 10000;
const GROUP_PARTS = "[role=status], [data-part], td";
const REFRESH_MS = 5000;

async function follow(status) {
  const response = await fetch(status.dataset.state, { headers: { accept: "application/json" } });
  if (response.redirected || !response.ok) return location.reload();
  const state = await response.json();
  if (state.ended) return location.reload();
  if (status.textContent !== state.text) status.textContent = state.text;
  const bar = document.querySelector("progress");
  if (bar && state.total) {
    bar.max = state.total;
    bar.value = state.done;
  }
  setTimeout(retry, POLL_MS, status);
}

function retry(status) {
  follow(status).catch(() => setTimeout(retry, 5 * POLL_MS, status));
}

async function followGroup(section) {
  const response = await fetch(location.href);
  if (response.redirected || !response.ok) return location.reload();
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const open = page.querySelector("[data-follow]");
  if (!open) return location.reload();
  const parts = open.querySelectorAll(GROUP_PARTS);
  // Only what has changed, so that the focus stays on its link.
  section.querySelectorAll(GROUP_PARTS).forEach((part, index) => {
    if (part.innerHTML !== parts[index].innerHTML) part.replaceChildren(...parts[index].childNodes);
  });
  setTimeout(retryGroup, GROUP_MS, section);
}

function retryGroup(section) {
  followGroup(section).catch(() => setTimeout(retryGroup, GROUP_MS, section));
}

// Replaces the page's part that changes. The place on the page and the focus stay.
async function refresh() {
  const response = await fetch(location.href, { signal: AbortSignal.timeout(REFRESH_MS * 2) });
  if (response.redirected) return location.reload();
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-refresh]");
  if (!fresh) throw new Error(`HTTP ${response.status}`);
  const focus = document.activeElement;
  const same = focus && focus.closest("[data-refresh]") ? identity(focus) : null;
  document.querySelector("[data-refresh]").replaceWith(document.adoptNode(fresh));
  if (!same) return;
  const found = Array.from(fresh.querySelectorAll("a, [tabindex]")).find((one) => identity(one) === same);
  if (found) found.focus({ preventScroll: true });
}

function identity(element) {
  return element.getAttribute("href") || element.getAttribute("aria-labelledby");
}

function keepFresh() {
  // Text that is selected, to be copied, is not replaced.
  const done = getSelection().isCollapsed ? refresh() : Promise.resolve();
  done
    .catch(() => {
      document.querySelector("[data-stale]").hidden = false;
    })
    .finally(() => setTimeout(keepFresh, REFRESH_MS));
}

function describe(input, text) {
  const names = Array.from(input.files, (file) => file.name);
  const more = names.length > 5 ? ` … (${names.length})` : "";
  text.textContent = names.slice(0, 5).join(", ") + more;
}

function offerFolders(input, line) {
  if (!("webkitdirectory" in input)) return;
  line.hidden = false;
  line.querySelector("button").addEventListener("click", () => {
    input.webkitdirectory = true;
    input.click();
    input.webkitdirectory = false;
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const status = document.querySelector("[data-state]");
  if (status) setTimeout(retry, POLL_MS, status);
  const section = document.querySelector("[data-follow]");
  if (section) setTimeout(retryGroup, GROUP_MS, section);
  if (document.querySelector("[data-refresh]")) setTimeout(keepFresh, REFRESH_MS);
  const input = document.getElementById("files");
  if (!input) return;
  input.addEventListener("change", () => describe(input, document.querySelector("[data-chosen]")));
  for (const name of ["dragenter", "dragover"]) input.addEventListener(name, () => input.classList.add("over"));
  for (const name of ["dragleave", "drop"]) input.addEventListener(name, () => input.classList.remove("over"));
  offerFolders(input, document.querySelector("[data-folder]"));
  input.form.addEventListener("submit", () => {
    const button = input.form.querySelector("button:not([type])");
    button.disabled = true;
    button.textContent = input.form.dataset.uploading;
  });
});
